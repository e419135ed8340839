import { describe, expect, it } from 'vitest';
import { Epoch, IdentityId, Offset, ProgressEvent, UploadId, UploadStatus } from '@stepcast/contracts';
import fc from 'fast-check';
import { decodeHandover, encodeHandover, handoverQueueIds, type Handover } from './handover.ts';
import { renderJson } from './render.ts';

const identityId = IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-000000000001');
const uploadId = UploadId.parse('a'.repeat(26));
const at = '2026-11-03T10:15:00.000Z';
/** Whatever a key, a name or a message may hold, the characters that SQS refuses included. */
const text = fc
  .array(
    fc.oneof(fc.constantFrom('\uFFFE', '\uFFFF', '\n', '"', '\\', '\u2028'), fc.string({ unit: 'grapheme' })),
  )
  .map((all) => all.join(''));

const handover: fc.Arbitrary<Handover> = fc
  .record({
    epoch: fc.constantFrom('e1', 'A_-9'),
    source: text.filter((value) => value !== ''),
    first: fc.integer({ min: 1, max: 1e9 }),
    names: fc.array(text, { maxLength: 4 }),
    state: fc.option(text, { nil: undefined }),
    key: text,
    status: fc.constantFrom(...UploadStatus.options),
    percent: fc.option(fc.double({ min: 0, max: 100, noNaN: true }), { nil: null }),
    truncated: fc.boolean(),
  })
  .map(({ epoch, source, first, names, state, key, status, percent, truncated }): Handover => {
    const firstOffset = Offset.parse(first);
    const lastOffset = Offset.parse(Math.max(first, first + names.length - 1));
    const events = names.map((name, index) =>
      ProgressEvent.parse({
        offset: first + index,
        kind: 'stepStarted',
        time: at,
        step: { name, type: 'Task' },
      }),
    );
    const alone = events.length === 0;
    return {
      identityId,
      uploadId,
      epoch: Epoch.parse(epoch),
      epochStartedAt: at,
      source,
      firstOffset,
      lastOffset,
      line: {
        uploadId,
        position: { epoch: Epoch.parse(epoch), offset: lastOffset },
        bucket: 'uploads',
        key,
        status,
        percent: Object.is(percent, -0) ? 0 : percent,
        epochStartedAt: at,
        updatedAt: at,
      },
      oldestEventAt: at,
      truncated,
      events: alone ? undefined : renderJson(events),
      state: alone || state !== undefined ? renderJson({ key, name: state }) : undefined,
    };
  });

function changed(encoded: string, change: (header: string) => string): string {
  const [header = '', ...rest] = encoded.split('\n');
  return [change(header), ...rest].join('\n');
}

describe('a handover', () => {
  it('is read as it was written, in text that SQS takes', () => {
    fc.assert(
      fc.property(handover, (one) => {
        const encoded = encodeHandover(one);
        expect(encoded).not.toMatch(/[\uFFFE\uFFFF]/);
        expect(decodeHandover(encoded)).toEqual({ ok: true, value: one });
      }),
    );
  });

  it('is refused with the place of the mistake when its header is not of its form', () => {
    fc.assert(
      fc.property(
        handover,
        fc.constantFrom('identityId', 'epoch', 'line', 'firstOffset', 'source'),
        (one, name) => {
          const encoded = changed(encodeHandover(one), (header) => header.replace(`"${name}":`, '"other":'));
          const decoded = decodeHandover(encoded);
          expect(decoded.ok ? [] : decoded.issues.map(({ path }) => path)).toContain(`$.${name}`);
        },
      ),
    );
  });

  it.each([
    ['no lines', '{}', '$'],
    ['one line break', '{}\n', '$'],
    ['no JSON', 'x\n\n{}', '$'],
  ])('is refused when it has %s', (_what, encoded, path) => {
    expect(decodeHandover(encoded)).toMatchObject({ ok: false, issues: [{ path }] });
  });

  it('is refused when its texts or offsets cannot be what they should', () => {
    const [good] = fc.sample(
      handover.filter(({ events, state }) => events !== undefined && state !== undefined),
      1,
    );
    if (good === undefined) throw new Error('no sample');
    const problemOf = (change: Partial<Handover>) => {
      const decoded = decodeHandover(encodeHandover({ ...good, ...change }));
      return decoded.ok ? undefined : decoded.issues[0]?.path;
    };
    expect(problemOf({})).toBeUndefined();
    expect(problemOf({ events: '[]' })).toBe('$events');
    expect(problemOf({ events: '{"a":1}' })).toBe('$events');
    expect(problemOf({ state: '[1]' })).toBe('$state');
    expect(problemOf({ events: undefined, state: undefined })).toBe('$');
    expect(problemOf({ firstOffset: Offset.parse(good.lastOffset + 1) })).toBe('$.lastOffset');
    expect(problemOf({ events: undefined, lastOffset: Offset.parse(good.firstOffset + 1) })).toBe(
      '$.firstOffset',
    );
  });

  it('has the group of its stream, and an id that is the same again only for the same entry in the same shape', () => {
    const shapes = [
      { events: '[{}]', state: undefined },
      { events: '[{}]', state: '{}' },
      { events: undefined, state: '{}' },
    ];
    fc.assert(
      fc.property(handover, (one) => {
        const { groupId, deduplicationId } = handoverQueueIds(one);
        expect(groupId).toBe(`${identityId}#${uploadId}#${one.epoch}`);
        expect(handoverQueueIds({ ...one }).deduplicationId).toBe(deduplicationId);
        const idsAt = (firstOffset: Offset) =>
          shapes.map((shape) => {
            const alike = { ...one, ...shape, firstOffset, lastOffset: firstOffset };
            return handoverQueueIds(alike).deduplicationId;
          });
        const all = [...idsAt(one.firstOffset), ...idsAt(Offset.parse(one.firstOffset + 1))];
        expect(new Set(all).size).toBe(6);
      }),
    );
  });

  it('has an id that SQS takes, of the longest identity and epoch too', () => {
    const longest = IdentityId.parse(`ap-southeast-99:${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}`);
    fc.assert(
      fc.property(handover, fc.integer({ min: 1, max: 9_999_999_999 }), (one, first) => {
        const offset = Offset.parse(first);
        const { deduplicationId } = handoverQueueIds({
          ...one,
          identityId: longest,
          epoch: Epoch.parse('e'.repeat(32)),
          firstOffset: offset,
          lastOffset: offset,
        });
        expect(deduplicationId).toMatch(/^[\w!-/:-@[-`{-~]{1,128}$/);
      }),
    );
  });
});
