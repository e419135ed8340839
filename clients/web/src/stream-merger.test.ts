import { Epoch, ExecutionArn, Offset, ProgressEvent, UploadState } from '@stepcast/contracts';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { type MergeOutput, StreamMerger } from './stream-merger.ts';
import { bucket, identityId, key } from './test-support.ts';

const executionArn = ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:Example:run-1');
const epochs = ['a', 'b', 'c'].map((name) => Epoch.parse(name));
const startedAt = (epoch: number) => `2026-11-03T10:0${epoch}:00.000Z`;
const epochOf = (index: number) => epochs[index] ?? Epoch.parse('x');

/** Checked once per offset: checking takes longer than merging. */
const checked = new Map<number, ProgressEvent>();

function eventAt(offset: number): ProgressEvent {
  const event =
    checked.get(offset) ??
    ProgressEvent.parse({ offset, kind: 'stepStarted', time: startedAt(0), executionArn });
  checked.set(offset, event);
  return event;
}

function events(epoch: number, first: number, last: number) {
  return {
    epoch: epochOf(epoch),
    epochStartedAt: startedAt(epoch),
    events: Array.from({ length: last - first + 1 }, (_, index) => {
      const offset = first + index;
      return { offset, event: eventAt(offset) };
    }),
  };
}

function state(epoch: number, offset: number, status: UploadState['status'] = 'running') {
  return UploadState.parse({
    identityId,
    uploadId: 'a'.repeat(26),
    position: { epoch: epochOf(epoch), offset },
    epochStartedAt: startedAt(epoch),
    bucket,
    key,
    status,
    percent: null,
    etaSeconds: null,
    steps: [],
    executions: [],
    error: null,
    updatedAt: startedAt(0),
  });
}

const offsets = (outputs: readonly MergeOutput[]) =>
  outputs.flatMap((output) => (output.type === 'event' ? [output.event.offset] : []));
const gaps = (outputs: readonly MergeOutput[]) =>
  outputs.flatMap((output) => (output.type === 'discontinuity' ? [output.reason] : []));

/** Holds outputs against the promise: each offset of an epoch once, in order; every jump announced. */
function expectPromiseHolds(outputs: readonly MergeOutput[]): void {
  let position: { epoch: string; offset: number } | undefined;
  for (const output of outputs) {
    if (output.type === 'discontinuity') position = output.to ?? undefined;
    if (output.type !== 'event') continue;
    if (position === undefined || (position.offset === 0 && position.epoch !== output.epoch)) {
      expect(output.event.offset).toBe(1);
    } else {
      expect(output.epoch).toBe(position.epoch);
      expect(output.event.offset).toBe(position.offset + 1);
    }
    position = { epoch: output.epoch, offset: output.event.offset };
  }
}

describe('StreamMerger', () => {
  it('hands over each offset once and in order, whatever the order and repetition of what comes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.tuple(fc.nat(39), fc.nat(8), fc.boolean()), { maxLength: 60 }),
        (length, pieces) => {
          const merger = new StreamMerger();
          const outputs = pieces.flatMap(([from, span, live]) => {
            const first = Math.min(length, from + 1);
            return merger.events(events(0, first, Math.min(length, first + span)), live ? 'live' : 'catchUp');
          });
          outputs.push(...merger.events(events(0, 1, length), 'catchUp'));
          expect(offsets(outputs)).toEqual(Array.from({ length }, (_, index) => index + 1));
          expect(gaps(outputs)).toEqual([]);
          expect(merger.behind).toBe(false);
        },
      ),
    );
  });

  it('never leaves an offset out without a discontinuity, with epochs, states, hints and giving up in between', () => {
    const piece = fc.oneof(
      { weight: 6, arbitrary: fc.tuple(fc.constant('events' as const), fc.nat(2), fc.nat(19), fc.nat(5)) },
      { weight: 2, arbitrary: fc.tuple(fc.constant('state' as const), fc.nat(2), fc.nat(19), fc.nat(5)) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('hint' as const), fc.nat(2), fc.nat(19), fc.nat(5)) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('giveUp' as const), fc.nat(2), fc.nat(19), fc.nat(5)) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('expired' as const), fc.nat(2), fc.nat(19), fc.nat(5)) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('future' as const), fc.nat(2), fc.nat(19), fc.nat(5)) },
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const merger = new StreamMerger();
        const outputs = pieces.flatMap(([what, epoch, at, span]): MergeOutput[] => {
          const position = { epoch: epochOf(epoch), offset: Offset.parse(at + 1) };
          switch (what) {
            case 'events':
              return merger.events(events(epoch, at + 1, at + 1 + span), 'live');
            case 'state':
              return merger.takeSnapshot(state(epoch, at + 1));
            case 'hint':
              return merger.hint(position, startedAt(epoch));
            case 'giveUp':
              return merger.giveUp();
            case 'expired':
              return merger.interrupted('expired', merger.requestPosition, undefined);
            case 'future':
              return merger.interrupted('futureOffset', merger.requestPosition, state(epoch, at + 1));
          }
        });
        expectPromiseHolds(outputs);
      }),
    );
  });

  it('ignores an older epoch and announces a newer one', () => {
    const merger = new StreamMerger();
    merger.events(events(1, 1, 3), 'live');
    expect(merger.events(events(0, 4, 5), 'live')).toEqual([]);
    const outputs = merger.events(events(2, 1, 2), 'live');
    expect(gaps(outputs)).toEqual(['epochChanged']);
    expect(offsets(outputs)).toEqual([1, 2]);
  });

  it('is behind when a snapshot knows of more events, until they have come', () => {
    const merger = new StreamMerger();
    merger.events(events(0, 1, 3), 'live');
    merger.takeSnapshot(state(0, 3));
    expect(merger.behind).toBe(false);
    merger.takeSnapshot(state(0, 5));
    expect(merger.behind).toBe(true);
    merger.events(events(0, 4, 5), 'catchUp');
    expect(merger.behind).toBe(false);
  });

  it('ignores a snapshot of an older epoch', () => {
    const merger = new StreamMerger();
    merger.events(events(1, 1, 3), 'live');
    expect(merger.takeSnapshot(state(0, 9))).toEqual([]);
    expect(merger.behind).toBe(false);
  });

  it('drops the events that it has from a catch-up item that begins before its position', () => {
    const merger = new StreamMerger();
    merger.events(events(0, 1, 7), 'live');
    expect(offsets(merger.events(events(0, 5, 12), 'catchUp'))).toEqual([8, 9, 10, 11, 12]);
    expect(merger.events(events(0, 1, 12), 'catchUp')).toEqual([]);
    expect(merger.position).toMatchObject({ offset: 12 });
    // What was dropped does not wait either: a hole further on is measured from the position.
    merger.events(events(0, 15, 16), 'live');
    expect(merger.giveUp()).toMatchObject([
      { type: 'discontinuity', from: { offset: 12 }, to: { offset: 14 } },
      { event: { offset: 15 } },
      { event: { offset: 16 } },
    ]);
  });

  it('goes on where an earlier page stopped', () => {
    const merger = new StreamMerger({ epoch: epochOf(0), offset: 7, epochStartedAt: startedAt(0) });
    expect(merger.requestPosition).toEqual({ epoch: epochOf(0), offset: 7 });
    expect(offsets(merger.events(events(0, 5, 9), 'catchUp'))).toEqual([8, 9]);
  });

  it('starts from the snapshot when the journal no longer reaches back', () => {
    const merger = new StreamMerger({ epoch: epochOf(0), offset: 2, epochStartedAt: startedAt(0) });
    const snapshot = state(0, 40);
    const asked = merger.requestPosition;
    merger.takeSnapshot(snapshot);
    const outputs = merger.interrupted('expired', asked, snapshot);
    expect(outputs).toMatchObject([
      { type: 'discontinuity', reason: 'expired', from: { offset: 2 }, to: { offset: 40 } },
    ]);
    expect(offsets(merger.events(events(0, 41, 41), 'live'))).toEqual([41]);
  });

  it('goes back to the snapshot when the service has less than the client', () => {
    const merger = new StreamMerger();
    merger.events(events(0, 1, 9), 'live');
    const outputs = merger.interrupted('futureOffset', merger.requestPosition, state(0, 4));
    expect(gaps(outputs)).toEqual(['futureOffset']);
    expect(offsets(merger.events(events(0, 5, 5), 'live'))).toEqual([5]);
  });

  it('says nothing of an upload that nobody knows yet, and says once that a known one was forgotten', () => {
    expect(new StreamMerger().interrupted('unknownUpload', null, undefined)).toEqual([]);
    const merger = new StreamMerger({ epoch: epochOf(0), offset: 7, epochStartedAt: startedAt(0) });
    const asked = merger.requestPosition;
    expect(gaps(merger.interrupted('unknownUpload', asked, undefined))).toEqual(['unknownUpload']);
    expect(merger.interrupted('unknownUpload', asked, undefined)).toEqual([]);
  });

  it('bounds what waits behind a hole, and still hands over everything once it is filled', () => {
    const merger = new StreamMerger();
    merger.events(events(0, 2, 9_000), 'live');
    const filled = [
      ...merger.events(events(0, 1, 1), 'catchUp'),
      ...merger.events(events(0, 1, 9_000), 'catchUp'),
    ];
    expect(offsets(filled)).toEqual(Array.from({ length: 9_000 }, (_, index) => index + 1));
  });
});
