import {
  emptyState,
  Epoch,
  ExecutionArn,
  foldEvent,
  Offset,
  type ProgressEvent,
  ProgressEventKind,
  subjectOf,
  uploadIdOf,
  type UploadState,
} from '@stepcast/contracts';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { bucket, identityId, key } from './test-support.ts';
import { ManualRuntime } from './testing/index.ts';
import type { UploadUpdate } from './types.ts';
import { UploadStream } from './upload-stream.ts';
import { StreamWatch } from './upload-watch.ts';
import { WaitingTimes } from './waiting-times.ts';

const uploadId = uploadIdOf(bucket, key);
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const arnOf = (run: number) =>
  ExecutionArn.parse(`arn:aws:states:us-east-1:111122223333:execution:Example:run-${run}`);

/** Events of any kind in any order; the last run is nested. */
const journal = fc
  .array(
    fc.record({
      kind: fc.constantFrom(...ProgressEventKind.options),
      run: fc.nat(2),
      step: optional(fc.record({ name: fc.constantFrom('A', 'B'), type: fc.constantFrom('Task', 'Map') })),
      error: optional(fc.constant({ name: 'Boom' })),
      percent: fc.option(fc.nat(100)),
    }),
    { minLength: 1, maxLength: 25 },
  )
  .map((drafts) =>
    drafts.map(({ run, percent, ...rest }, index): ProgressEvent => {
      const time = new Date(Date.UTC(2026, 10, 3, 10, 0, index)).toISOString();
      const measured = run === 2 ? { nested: true as const } : { percent };
      return { ...rest, ...measured, offset: Offset.parse(index + 1), time, executionArn: arnOf(run) };
    }),
  );

/** One epoch as the service has it. */
class Version {
  readonly epoch: Epoch;
  readonly epochStartedAt: string;
  readonly events: readonly ProgressEvent[];
  readonly #empty: UploadState;

  constructor(name: string, minute: number, events: readonly ProgressEvent[]) {
    this.epoch = Epoch.parse(name);
    this.epochStartedAt = `2026-11-03T09:0${minute}:00.000Z`;
    this.events = events;
    const { epoch, epochStartedAt } = this;
    this.#empty = emptyState({ identityId, uploadId, epoch, epochStartedAt, bucket, key });
  }

  get length(): number {
    return this.events.length;
  }

  /** What the service folded up to an offset. */
  stateAt(offset: number): UploadState {
    return this.events.slice(0, offset).reduce(foldEvent, this.#empty);
  }

  /** Some of the events: `at` and `span` are any numbers. */
  batch(at: number, span: number) {
    const first = at % this.length;
    const events = this.events.slice(first, first + 1 + span);
    const { epoch, epochStartedAt } = this;
    return {
      uploadId,
      epoch,
      epochStartedAt,
      events: events.map((event) => ({ offset: event.offset, event })),
    };
  }
}

/** A stream with one watch on it. */
function watched(resume?: { epoch: Epoch; offset: number; epochStartedAt: string }) {
  const runtime = new ManualRuntime();
  const asked: number[] = [];
  const stream = new UploadStream({
    uploadId,
    resume,
    runtime,
    needsCatchUp: () => asked.push(runtime.now()),
    onPosition: () => undefined,
    onSkipped: () => undefined,
  });
  const updates: UploadUpdate[] = [];
  const watch = new StreamWatch({
    stream,
    options: {},
    runtime,
    ...{ times: new WaitingTimes(undefined, 'stepcast/v1'), subject: 's3://bucket/key' },
    onListenerError: (error) => {
      throw error;
    },
    onClose: () => undefined,
  });
  watch.on('event', (update) => updates.push(update));
  watch.on('state', (state) => updates.push({ type: 'state', state }));
  watch.on('discontinuity', (update) => updates.push(update));
  stream.attach(watch);
  const live = (
    version: Version,
    at: number,
    span: number,
    subject: string | null = subjectOf(bucket, key),
  ) => stream.takeProgress({ ...version.batch(at, span), identityId, subject: subject ?? undefined });
  const catchUp = (version: Version, at: number, span: number) =>
    stream.takeItem({ kind: 'events', ...version.batch(at, span) });
  const snapshot = (version: Version, offset: number) =>
    stream.takeItem({ kind: 'state', uploadId, state: version.stateAt(offset) });
  return { stream, updates, runtime, asked, live, catchUp, snapshot };
}

const offsetsOf = (updates: readonly UploadUpdate[], epoch: Epoch) =>
  updates.flatMap((update) =>
    update.type === 'event' && update.epoch === epoch ? [update.event.offset] : [],
  );
const statesOf = (updates: readonly UploadUpdate[]) =>
  updates.flatMap((update) => (update.type === 'state' ? [update.state] : []));
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

describe('the state of a watched upload', () => {
  const action = fc.record({
    what: fc.constantFrom('live', 'live', 'live', 'catchUp', 'snapshot'),
    older: fc.boolean(),
    at: fc.nat(60),
    span: fc.nat(6),
  });

  it('is the fold of the journal, whatever comes in whatever order, and each offset is handed over once', () => {
    fc.assert(
      fc.property(
        journal,
        journal,
        fc.array(action, { maxLength: 40 }),
        fc.boolean(),
        fc.boolean(),
        (old, recent, actions, withSubject, endsWithSnapshot) => {
          const versions = { older: new Version('a', 0, old), newer: new Version('b', 1, recent) };
          const { newer } = versions;
          const { stream, updates, live, catchUp, snapshot } = watched();
          const subject = withSubject ? subjectOf(bucket, key) : 'about something else';
          for (const { what, older, at, span } of actions) {
            const version = older ? versions.older : newer;
            if (what === 'live') live(version, at, span, subject);
            else if (what === 'catchUp') catchUp(version, at, span);
            else snapshot(version, (at % version.length) + 1);
          }
          if (endsWithSnapshot || !withSubject) snapshot(newer, newer.length);
          live(newer, 0, newer.length, subject);

          expect(stream.state).toEqual(newer.stateAt(newer.length));
          expect(offsetsOf(updates, newer.epoch)).toEqual(upTo(newer.length));
          expect(stream.behind).toBe(false);
          // Every state on the way is still that of the service at the same offset, and none came twice.
          for (const state of statesOf(updates)) {
            const version = state.position.epoch === newer.epoch ? newer : versions.older;
            expect(state).toEqual(version.stateAt(state.position.offset));
          }
          const places = statesOf(updates).map(({ position }) => `${position.epoch} ${position.offset}`);
          expect(new Set(places).size).toBe(places.length);
        },
      ),
    );
  });

  it('moves with every message, in the same turn and after its events', () => {
    fc.assert(
      fc.property(journal, fc.array(fc.nat(4), { maxLength: 25 }), (events, spans) => {
        const version = new Version('a', 0, events);
        const { updates, live } = watched();
        let at = 0;
        for (const span of [...spans, ...events.map(() => 0)]) {
          if (at >= version.length) break;
          updates.length = 0;
          live(version, at, span);
          at = Math.min(version.length, at + 1 + span);
          expect(updates.slice(0, -1).every(({ type }) => type === 'event')).toBe(true);
          expect(updates.at(-1)).toEqual({ type: 'state', state: version.stateAt(at) });
        }
      }),
    );
  });

  const events = upTo(9).map((offset): ProgressEvent => {
    const kind = offset === 1 ? 'executionStarted' : 'stepStarted';
    const step = offset === 1 ? undefined : ({ name: `S${offset}`, type: 'Task' } as const);
    const time = new Date(Date.UTC(2026, 10, 3, 10, 0, offset)).toISOString();
    return { offset: Offset.parse(offset), kind, time, executionArn: arnOf(0), step, percent: offset };
  });
  const version = new Version('a', 0, events);

  it('waits for a snapshot where the subject does not name the object, and folds what is beyond it on top', () => {
    const { stream, updates, live, snapshot } = watched();
    live(version, 0, 5, null);
    live(version, 6, 0, subjectOf(bucket, `${key}-other`));
    expect(statesOf(updates)).toEqual([]);
    expect(offsetsOf(updates, version.epoch)).toEqual(upTo(7));
    snapshot(version, 4);
    expect(stream.state).toEqual(version.stateAt(7));
    live(version, 7, 0, null);
    expect(stream.state).toEqual(version.stateAt(8));
  });

  it('is asked for when no snapshot comes for events that cannot be folded', async () => {
    const { asked, runtime, live, snapshot } = watched();
    live(version, 0, 2, null);
    await runtime.advance(4_999);
    expect(asked).toHaveLength(0);
    await runtime.advance(1);
    expect(asked).toHaveLength(1);
    snapshot(version, 3);
    live(version, 3, 0, null);
    await runtime.advance(60_000);
    expect(asked).toHaveLength(1);
  });

  it('goes on from a stored position with the snapshot and the events after it', () => {
    const { epoch, epochStartedAt } = version;
    const { stream, updates, live, snapshot } = watched({ epoch, epochStartedAt, offset: 5 });
    live(version, 5, 1);
    expect(stream.state).toBeUndefined();
    snapshot(version, 6);
    expect(stream.state).toEqual(version.stateAt(7));
    live(version, 7, 1);
    expect(stream.state).toEqual(version.stateAt(9));
    expect(offsetsOf(updates, epoch)).toEqual([6, 7, 8, 9]);
  });

  it('stays as it is behind events that are lost for good, until a snapshot comes', () => {
    const { stream, updates, live, snapshot } = watched();
    live(version, 0, 1);
    live(version, 4, 1);
    stream.giveUp();
    expect(offsetsOf(updates, version.epoch)).toEqual([1, 2, 5, 6]);
    expect(stream.state).toEqual(version.stateAt(2));
    snapshot(version, 3);
    expect(stream.state).toEqual(version.stateAt(3));
    snapshot(version, 4);
    expect(stream.state).toEqual(version.stateAt(6));
  });

  it('is not folded over a hole among the events that wait for a snapshot', () => {
    const { stream, updates, live, snapshot } = watched();
    live(version, 0, 2, null);
    live(version, 5, 1, null);
    stream.giveUp();
    expect(offsetsOf(updates, version.epoch)).toEqual([1, 2, 3, 6, 7]);
    snapshot(version, 1);
    expect(stream.state).toEqual(version.stateAt(3));
    snapshot(version, 5);
    expect(stream.state).toEqual(version.stateAt(7));
  });

  it('goes back to the snapshot when the service has less than the client', () => {
    const { stream, live } = watched();
    live(version, 0, 8);
    stream.interrupted('futureOffset', stream.requestPosition, version.stateAt(4));
    expect(stream.state).toEqual(version.stateAt(4));
    live(version, 4, 0);
    expect(stream.state).toEqual(version.stateAt(5));
  });

  it('is unknown after a newer epoch has begun, until something of that one can be folded', () => {
    const { stream, live } = watched();
    live(version, 0, 8);
    const anew = new Version('b', 1, events);
    live(anew, 2, 0);
    expect(stream.state).toBeUndefined();
    live(anew, 0, 1);
    expect(stream.state).toEqual(anew.stateAt(3));
  });

  it('waits behind a bounded number of events, and goes on from a snapshot that is close enough', () => {
    const many = upTo(1_600).map((offset): ProgressEvent => ({
      offset: Offset.parse(offset),
      kind: 'stepStarted',
      time: '2026-11-03T10:00:00.000Z',
      executionArn: arnOf(0),
      step: { name: 'S', type: 'Task' },
    }));
    const long = new Version('a', 0, many);
    const { stream, live, snapshot } = watched();
    live(long, 0, 1_599, null);
    snapshot(long, 10);
    expect(stream.state?.position.offset).toBe(10);
    snapshot(long, 1_500);
    expect(stream.state).toEqual(long.stateAt(1_600));
  });
});
