import { describe, expect, it } from '@jest/globals';
import type { ExecutionRecord } from '@stepcast/wire';
import fc from 'fast-check';
import { records } from '../testing/records.ts';
import { advanceOf, ARN, META } from '../testing/stream-input.ts';
import { MAX_SEEN } from './release.ts';
import type { StreamHead } from './entry-planner.ts';
import { advanceStream, MAX_GAPS, newHead, type Advance } from './stream.ts';

const failureOf = (id: number): ExecutionRecord[] => records([id, 'TaskFailed', id - 1, { error: 'E' }]);
const failures = (count: number, idOf: (index: number) => number) =>
  Array.from({ length: count }, (_unused, index) => failureOf(idOf(index))).flat();

function headAfter(all: readonly ExecutionRecord[], more: Partial<Advance>): StreamHead {
  const { entries } = advanceStream(newHead(META), advanceOf(all, more));
  const head = entries.at(-1)?.head;
  if (head === undefined) throw new Error('nothing was told');
  return head;
}

describe('what is remembered of a sparse execution', () => {
  const sparse = { sparse: true };
  const all = failures(MAX_SEEN + 1, (index) => 3 * (index + 1));
  const remembered = all.slice(1);
  const head = headAfter(all, sparse);

  it('are the ids of its newest records, as many as the bound says', () => {
    expect(head.folds.get(ARN)?.seen).toEqual(remembered.map(({ id }) => id));
  });

  it('tells each record within the bound from a new one, in whatever order they come', () => {
    const missed = failures(MAX_SEEN, (index) => 3 * (index + 1) + 1);
    fc.assert(
      fc.property(
        fc.shuffledSubarray(remembered, { maxLength: 40 }),
        fc.shuffledSubarray(missed, { maxLength: 40 }),
        (repeated, fresh) => {
          const { released, duplicates } = advanceStream(head, advanceOf([...repeated, ...fresh], sparse));
          expect(new Set(duplicates)).toEqual(new Set(repeated));
          expect(new Set(released)).toEqual(new Set(fresh));
        },
      ),
    );
  });
});

describe('what is remembered of declared gaps', () => {
  // Every even id is missing; the first gap is one too many.
  const all = failures(MAX_GAPS + 2, (index) => 2 * index + 1);
  const missing = failures(MAX_GAPS + 1, (index) => 2 * index + 2);
  const head = headAfter(all, { giveUp: 'notInHistory' });

  it('are the newest of them, as many as the bound says', () => {
    expect(head.folds.get(ARN)?.gaps).toEqual(missing.slice(1).map(({ id }) => [id, id]));
  });

  it('tells late records of gaps within the bound from repeated ones, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(missing.slice(1)), fc.shuffledSubarray(all), (late, repeated) => {
        const advanced = advanceStream(head, advanceOf([...late, ...repeated]));
        expect(new Set(advanced.late)).toEqual(new Set(late));
        expect(new Set(advanced.duplicates)).toEqual(new Set(repeated));
        expect(advanced.entries).toEqual([]);
      }),
    );
  });

  it('does not decide what is told: a record of a forgotten gap is told no more than any other', () => {
    const forgotten = missing.slice(0, 1);
    expect(advanceStream(head, advanceOf(forgotten))).toMatchObject({
      entries: [],
      late: [],
      duplicates: forgotten,
    });
  });
});
