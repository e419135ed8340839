import { describe, expect, it } from '@jest/globals';
import {
  parseValue,
  ProgressEventKind,
  StepRef,
  StepState,
  UploadStatus,
  uploadIdOf,
} from '@stepcast/contracts';
import fc from 'fast-check';
import { Handover } from './handover.ts';
import { compiledHandover, readHandover } from './read-handover.ts';

const identityId = 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-000000000001';
const uploadId = uploadIdOf('uploads', `users/${identityId}/photo.png`);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const text = fc.oneof(fc.string({ maxLength: 300 }), fc.string({ unit: 'grapheme', maxLength: 300 }));
const count = fc.nat();
const instant = fc
  .date({ min: new Date(0), max: new Date('2400-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const executionArn = fc.constantFrom(
  'arn:aws:states:us-east-1:111122223333:execution:Photos:up-1',
  'arn:aws-cn:states:cn-north-1:111122223333:express:Photos:up-1:0c2c',
);
const iterations = fc.record({
  total: fc.option(count, { nil: null }),
  started: count,
  succeeded: count,
  failed: count,
});
const summary = fc.record({
  name: fc.string({ maxLength: 256 }),
  message: maybe(fc.string({ maxLength: 256 })),
});
const stepType = fc.constantFrom(...StepRef.shape.type.options);
/** Without the one name that the schema drops; intruders bring it. */
const projections = fc
  .dictionary(fc.string(), fc.jsonValue())
  .filter((value) => !JSON.stringify(value).includes('__proto__'));
const event = fc.record({
  offset: fc.integer({ min: 1, max: 1e9 }),
  kind: fc.constantFrom(...ProgressEventKind.options),
  time: instant,
  executionArn: maybe(executionArn),
  step: maybe(
    fc.record({
      name: text,
      type: stepType,
      attempt: maybe(fc.constant(2)),
      iteration: maybe(fc.array(count)),
    }),
  ),
  iterations: maybe(iterations),
  error: maybe(summary),
  gap: maybe(fc.record({ firstEventId: count, lastEventId: count, reason: text })),
  projections: maybe(projections),
});
const step = fc.record({
  name: text,
  type: stepType,
  status: fc.constantFrom(...StepState.shape.status.options),
  attempt: fc.constant(1),
  visits: fc.constant(3),
  ended: count,
  startedAt: instant,
  endedAt: fc.option(instant, { nil: null }),
  iterations: maybe(iterations),
  error: maybe(summary),
});
const handover = fc.record({
  version: fc.constant(1),
  source: text,
  progress: fc.record({
    identityId: fc.constant(identityId),
    uploadId: fc.constant(uploadId),
    epoch: fc.constantFrom('e1', 'A_-9'),
    epochStartedAt: instant,
    firstOffset: fc.constant(1),
    lastOffset: fc.integer({ min: 1, max: 9 }),
    replay: fc.boolean(),
    events: fc.array(event, { minLength: 1, maxLength: 4 }),
    truncated: maybe(fc.boolean()),
  }),
  state: fc.record({
    identityId: fc.constant(identityId),
    uploadId: fc.constant(uploadId),
    position: fc.record({ epoch: fc.constant('e1'), offset: fc.constant(7) }),
    epochStartedAt: instant,
    bucket: text,
    key: text,
    status: fc.constantFrom(...UploadStatus.options),
    percent: fc.option(fc.double({ min: 0, max: 100, noNaN: true }), { nil: null }),
    etaSeconds: fc.option(count, { nil: null }),
    steps: fc.array(step, { maxLength: 3 }),
    executions: fc.array(
      fc.record({
        executionArn,
        status: fc.constantFrom(...UploadStatus.options),
        startedAt: fc.option(instant, { nil: null }),
        endedAt: fc.option(instant, { nil: null }),
        redriveCount: count,
      }),
      { maxLength: 2 },
    ),
    error: fc.option(summary, { nil: null }),
    updatedAt: instant,
    truncated: maybe(fc.boolean()),
  }),
});

/** Anything that may stand where something else should, the near misses above all. */
const intruder = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    0,
    -1,
    0.5,
    101,
    2 ** 60,
    '',
    '2023-02-29T10:15:00.000Z',
    '2026-11-03T10:15:00+01:00',
    '😀'.repeat(200),
    'x'.repeat(257),
    `${uploadId}\n`,
    [],
    {},
    null,
  ),
);

/** The places inside a value: a path each. */
function placesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => placesOf(inner, [...path, key]))];
}

/** The value with something else at a place: a new value, a property more, or a property less. */
function changed(value: unknown, path: readonly string[], how: { kind: string; by: unknown }): unknown {
  const [key, ...rest] = path;
  if (key === undefined) {
    const extended =
      how.kind === 'more' && typeof value === 'object' && value !== null && !Array.isArray(value);
    return extended ? { ...value, unknown: how.by } : how.by;
  }
  if (Array.isArray(value))
    return value.map((one: unknown, index) => (String(index) === key ? changed(one, rest, how) : one));
  if (typeof value !== 'object' || value === null) return how.by;
  const entries = Object.entries(value);
  return Object.fromEntries(
    how.kind === 'less' && rest.length === 0
      ? entries.filter(([name]) => name !== key)
      : entries.map(([name, one]) => [name, name === key ? changed(one, rest, how) : one]),
  );
}

describe('reading a handover', () => {
  it('takes every good one by the fast check alone, as the schema would read it', () => {
    fc.assert(
      fc.property(handover, (good) => {
        const body = JSON.stringify(good);
        const value: unknown = JSON.parse(body);
        expect(compiledHandover.accepts(value)).toBe(true);
        expect(readHandover(body)).toEqual({ ok: true, value });
        expect(parseValue(Handover, value)).toEqual({ ok: true, value });
      }),
    );
  });

  it('says the same as the schema of whatever is changed in it', () => {
    const change = fc.record({ kind: fc.constantFrom('other', 'more', 'less'), by: intruder, at: fc.nat() });
    fc.assert(
      fc.property(handover, change, (good, { kind, by, at }) => {
        const value: unknown = JSON.parse(JSON.stringify(good));
        const places = placesOf(value);
        const body = JSON.stringify(changed(value, places[at % places.length] ?? [], { kind, by }));
        expect(readHandover(body)).toEqual(parseValue(Handover, JSON.parse(body)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('says of what is no JSON that it is none', () => {
    expect(readHandover('{"version":1')).toEqual({ ok: false, issues: [{ path: '$', problem: 'not JSON' }] });
  });
});
