import { describe, expect, it } from 'vitest';
import type { ExecutionRecord } from '@stepcast/wire';
import fc from 'fast-check';
import { records } from '../testing/records.ts';
import { advanceOf, ARN, copyOf, META } from '../testing/stream-input.ts';
import { MAX_GAPS, MAX_SEEN } from './release.ts';
import { advanceStream, type Advance, type Advanced, type Became } from './stream.ts';
import { newHead, type StreamHead } from './stream-head.ts';

const failureOf = (id: number): ExecutionRecord[] => records([id, 'TaskFailed', id - 1, { error: 'E' }]);
const failures = (count: number, idOf: (index: number) => number) =>
  Array.from({ length: count }, (_unused, index) => failureOf(idOf(index))).flat();

function headAfter(all: readonly ExecutionRecord[], more: Partial<Advance>): StreamHead {
  const head = newHead(META);
  advanceStream(head, advanceOf(all, more));
  return head;
}

const those = ({ records: all }: Advanced, became: Became) =>
  new Set(all.filter((one) => one.became === became).map(({ record }) => record));

describe('what is remembered of a sparse execution', () => {
  const sparse = { sparse: true };
  const all = failures(MAX_SEEN + 1, (index) => 3 * (index + 1));
  const remembered = all.slice(1);
  const head = headAfter(all, sparse);

  it('are the ids of its newest records, as many as the bound says', () => {
    expect([...(head.folds.get(ARN)?.seen ?? [])]).toEqual(remembered.map(({ id }) => id));
  });

  it(
    'distinguishes each record within the bound from a new one, in whatever order they come',
    { tags: ['few-cases'] },
    () => {
      const missed = failures(MAX_SEEN, (index) => 3 * (index + 1) + 1);
      fc.assert(
        fc.property(
          fc.shuffledSubarray(remembered, { maxLength: 40 }),
          fc.shuffledSubarray(missed, { maxLength: 40 }),
          (repeated, fresh) => {
            const advanced = advanceStream(copyOf(head), advanceOf([...repeated, ...fresh], sparse));
            expect(those(advanced, 'duplicate')).toEqual(new Set(repeated));
            expect(those(advanced, 'released')).toEqual(new Set(fresh));
          },
        ),
      );
    },
  );
});

describe('what is remembered of declared gaps', () => {
  // Every even id is missing; the first gap is one too many.
  const all = failures(MAX_GAPS + 2, (index) => 2 * index + 1);
  const missing = failures(MAX_GAPS + 1, (index) => 2 * index + 2);
  const head = headAfter(all, { giveUp: 'notInHistory' });

  it('are the newest of them, as many as the bound says', () => {
    expect(head.folds.get(ARN)?.gaps).toEqual(missing.slice(1).map(({ id }) => [id, id]));
    expect(head.folds.get(ARN)?.lost).toEqual([]);
    const { lost, gaps } = headAfter(all, { giveUp: 'expressHasNoHistory' }).folds.get(ARN) ?? {};
    expect([lost, gaps]).toEqual([missing.slice(1).map(({ id }) => [id, id]), []]);
  });

  it('distinguishes late records of gaps within the bound from repeated ones, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(missing.slice(1)), fc.shuffledSubarray(all), (late, repeated) => {
        const advanced = advanceStream(head, advanceOf([...late, ...repeated]));
        expect(those(advanced, 'late')).toEqual(new Set(late));
        expect(those(advanced, 'duplicate')).toEqual(new Set(repeated));
        expect(advanced.entries).toEqual([]);
      }),
    );
  });

  it('does not decide what is emitted: a record of a forgotten gap is dropped as any other', () => {
    const forgotten = missing.slice(0, 1);
    const advanced = advanceStream(head, advanceOf(forgotten));
    expect(advanced.entries).toEqual([]);
    expect(those(advanced, 'duplicate')).toEqual(new Set(forgotten));
  });
});
