import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ExecutionArn } from '@stepcast/contracts';
import type { ExecutionRecord } from '@stepcast/wire';
import fc from 'fast-check';
import { histories } from '../testing/histories.ts';
import { randomHistory } from '../testing/random-history.ts';
import { records } from '../testing/records.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { advanceOf, ARN, copyOf, fromSnapshot, META } from '../testing/stream-input.ts';
import { CheckpointError, writeCheckpoint } from './checkpoint.ts';
import type { PlannedEntry } from './entry-planner.ts';
import { advanceStream, planUploaded, type Advance, type Advanced } from './stream.ts';
import { headBytes, headOf, newHead, type StreamHead } from './stream-head.ts';

const ARNS = ['', '-2', '-3'].map((suffix) => ExecutionArn.parse(`${ARN}${suffix}`));

/** Inputs of a stream in which several executions go on at once, some nested, cut into batches, with losses. */
function inputsOf(seeds: readonly number[], maxDepth: number, seed: number): Advance[] {
  const random = seededRandom(seed);
  const mostInBatch = 1 + Math.floor(random() * 9);
  const queues = seeds.map((one, index) => ({
    executionArn: ARNS[index] ?? ARN,
    nested: index === 1,
    sparse: index === 2 && random() < 0.5,
    records: [...randomHistory(one, { maxDepth }).records].filter(() => random() > 0.02),
  }));
  const inputs: Advance[] = [];
  for (;;) {
    const open = queues.filter(({ records: left }) => left.length > 0);
    const next = open[Math.floor(random() * open.length)];
    if (next === undefined) return inputs;
    const { records: left, ...more } = next;
    const batch = left.splice(0, 1 + Math.floor(random() * mostInBatch));
    const giveUp = random() < 0.5 ? 'expressHasNoHistory' : 'notInHistory';
    inputs.push(advanceOf(batch, { ...more, giveUp }));
  }
}

const parkedOf = ({ records: all }: Advanced) =>
  all.filter(({ became }) => became === 'parked').map(({ record }) => record);

/** Only what is stored counts, in the order in which it would be written. */
function stored({ state, folds, lastOffset, entriesSinceSnapshot }: StreamHead) {
  return {
    lastOffset,
    entriesSinceSnapshot,
    state: JSON.stringify(state),
    folds: writeCheckpoint(folds),
  };
}

describe('a head read from the journal', () => {
  it(
    'is the head in memory, at every entry, and goes on with the same entries, byte for byte',
    { tags: ['few-cases'] },
    () => {
      fc.assert(
        fc.property(
          fc.array(fc.integer(), { minLength: 1, maxLength: 3 }),
          fc.constantFrom(0, 0, 1, 1, 2),
          fc.integer(),
          (seeds, maxDepth, seed) => {
            let head = newHead(META);
            const entries: PlannedEntry[] = [];
            const waiting = new Map<string, readonly ExecutionRecord[]>();
            for (const input of inputsOf(seeds, maxDepth, seed)) {
              const parked = waiting.get(input.executionArn) ?? [];
              const full = { ...input, records: [...parked, ...input.records] };
              const read = headOf(META, fromSnapshot(entries));
              if (!isDeepStrictEqual(read, head)) expect(read).toEqual(head);
              const again = advanceStream(read, full);
              const advanced = advanceStream(head, full);
              if (!isDeepStrictEqual(again, advanced)) expect(again).toEqual(advanced);
              entries.push(...advanced.entries);
              waiting.set(input.executionArn, parkedOf(advanced));
              if (advanced.changedWithoutEntry) head = headOf(META, fromSnapshot(entries));
            }
            expect(stored(headOf(META, fromSnapshot(entries)))).toEqual(stored(head));
          },
        ),
      );
    },
  );

  it('is read from each snapshot alike, wherever the newest is', { tags: ['few-cases'] }, () => {
    fc.assert(
      fc.property(histories, ({ seed, maxDepth }) => {
        const head = newHead(META);
        const entries = randomHistory(seed, { maxDepth }).records.flatMap(
          (record) => advanceStream(head, advanceOf([record], { giveUp: 'x' })).entries,
        );
        for (const [index, { snapshot }] of entries.entries()) {
          if (snapshot === undefined) continue;
          const read = headOf(META, entries.slice(index));
          expect(stored(read)).toEqual(stored(head));
        }
      }),
    );
  });

  it('is a new one where there is no entry', () => {
    expect(headOf(META, [])).toEqual(newHead(META));
  });

  it('begins when its first entry says', () => {
    const head = newHead(META);
    const entries = planUploaded(head);
    const epochStartedAt = '2020-01-01T00:00:00.000Z';
    expect(headOf({ ...META, epochStartedAt }, entries).meta).toEqual(META);
  });

  it('is not made of entries that do not read, or lack one', () => {
    const head = newHead(META);
    const entries = records(
      [1, 'PassStateEntered', 0],
      [2, 'PassStateExited', 1],
      [3, 'PassStateEntered', 2],
    ).flatMap((record) => advanceStream(head, advanceOf([record])).entries);
    const [first, second, third] = entries;
    if (first?.snapshot === undefined || second === undefined || third === undefined)
      throw new Error('too few');
    const { checkpoint, state } = first.snapshot;
    for (const wrong of [
      [second, third],
      [first, third],
      [first, { ...second, events: '[{}]' }],
      [first, { ...second, events: '[' }],
      [first, { ...second, cursor: '{}' }],
      [{ ...first, snapshot: { checkpoint, state: '{}' } }],
      [{ ...first, snapshot: { checkpoint: '{', state } }],
    ])
      expect(() => headOf(META, wrong)).toThrow(CheckpointError);
    expect(headOf(META, entries).lastOffset).toBe(third.lastOffset);
  });
});

describe('the size of a head', () => {
  it('is within a factor of two of its state and checkpoint as JSON, for large heads', () => {
    let large = 0;
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { minLength: 4, maxLength: 12 }),
        fc.nat({ max: 3 }),
        (seeds, maxDepth) => {
          const head = newHead(META);
          for (const [index, seed] of seeds.entries()) {
            const { records: all } = randomHistory(seed, { maxDepth });
            const executionArn = ExecutionArn.parse(`${ARN}-${index}`);
            advanceStream(
              head,
              advanceOf(all.slice(0, -1 - (seed % 5)), { executionArn, nested: index > 0 }),
            );
          }
          const length = JSON.stringify(head.state).length + writeCheckpoint(head.folds).length;
          if (length < 4_000) return;
          large += 1;
          expect(headBytes(head) / length).toBeGreaterThan(0.5);
          expect(headBytes(head) / length).toBeLessThan(2);
        },
      ),
    );
    expect(large).toBeGreaterThan(0);
  });

  it('does not change with a copy', () => {
    const head = newHead(META);
    expect(headBytes(copyOf(head))).toBe(headBytes(head));
  });
});
