import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { ProgressEvent } from '@stepcast/contracts';
import { MAX_ENTRY_BYTES, MAX_ENTRY_EVENTS, type ExecutionRecord } from '@stepcast/wire';
import fc from 'fast-check';
import { histories } from '../testing/histories.ts';
import { randomHistory } from '../testing/random-history.ts';
import { records } from '../testing/records.ts';
import { advanceOf, ARN, eventsIn, META } from '../testing/stream-input.ts';
import { roomFor } from './entry-room.ts';
import { newFold } from './execution-fold.ts';
import { renderWithin } from './fit-events.ts';
import { foldRecord } from './fold-record.ts';
import { advanceStream } from './stream.ts';
import { newHead } from './stream-head.ts';

const text = fc.string({ unit: 'binary', maxLength: 256 });
/** What is put into some of the records of a history. */
const additions = fc.array(
  fc.record({
    at: fc.nat(),
    error: text,
    cause: text,
    projections: fc.oneof(
      { weight: 3, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: text.map((one) => ({ one })) },
      {
        weight: 1,
        arbitrary: fc.integer({ min: 1, max: 60_000 }).map((length) => ({ x: 'é'.repeat(length) })),
      },
    ),
  }),
);

function withAdditions(
  all: readonly ExecutionRecord[],
  added: readonly ({ readonly at: number } & Omit<ExecutionRecord['details'], 'index'>)[],
): ExecutionRecord[] {
  const changed = [...all];
  for (const { at, ...details } of added) {
    const index = at % changed.length;
    const record = changed[index];
    if (record !== undefined) changed[index] = { ...record, details: { ...record.details, ...details } };
  }
  return changed;
}

describe('the room for a record', () => {
  it('is as much as its events take, or more', () => {
    fc.assert(
      fc.property(histories, additions, ({ seed, maxDepth }, added) => {
        const fold = newFold(false);
        // What each record takes beyond the room for it. One assertion for all: a million of them take seconds.
        const beyond: { readonly events: number; readonly bytes: number }[] = [];
        for (const record of withAdditions(randomHistory(seed, { maxDepth }).records, added)) {
          const room = roomFor(fold, ARN, record, false);
          const { events } = foldRecord(fold, ARN, record);
          const measured = { percent: 33, etaSeconds: 123_456 };
          const { bytes } = renderWithin(events, 999_999_999, measured, Number.POSITIVE_INFINITY);
          if (events.length > room.events || bytes > room.bytes)
            beyond.push({ events: events.length - room.events, bytes: bytes - room.bytes });
        }
        expect(beyond).toEqual([]);
      }),
    );
  });
});

describe('the events of an execution', () => {
  it('are the same however its records are batched, and no entry takes more than it may', () => {
    fc.assert(
      fc.property(
        histories,
        additions,
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
        (history, added, sizes) => {
          const all = withAdditions(
            randomHistory(history.seed, { maxDepth: history.maxDepth }).records,
            added,
          );
          const tooLarge: object[] = [];
          const emitted = (sizeOf: (turn: number) => number): ProgressEvent[] => {
            const head = newHead(META);
            let parked: readonly ExecutionRecord[] = [];
            const events: ProgressEvent[] = [];
            for (let at = 0, turn = 0; at < all.length; turn += 1) {
              const batch = all.slice(at, at + sizeOf(turn));
              const advanced = advanceStream(head, advanceOf([...parked, ...batch]));
              tooLarge.push(
                ...advanced.entries.filter(
                  ({ events, eventCount }) =>
                    Buffer.byteLength(events) > MAX_ENTRY_BYTES || eventCount > MAX_ENTRY_EVENTS,
                ),
              );
              events.push(...eventsIn(advanced.entries));
              parked = advanced.records
                .filter(({ became }) => became === 'parked')
                .map(({ record }) => record);
              if (advanced.changedWithoutEntry) return events;
              at += batch.length;
            }
            return events;
          };
          const atOnce = emitted(() => all.length);
          const inBatches = emitted((turn) => sizes[turn % sizes.length] ?? 1);
          const both = Math.min(atOnce.length, inBatches.length);
          expect(isDeepStrictEqual(inBatches.slice(0, both), atOnce.slice(0, both))).toBe(true);
          expect(tooLarge).toEqual([]);
        },
      ),
    );
  });

  it('that are too large for an entry lose details, and the entry says so', () => {
    const huge = records([
      1,
      'PassStateEntered',
      0,
      { name: 'P', projections: { text: 'é'.repeat(60_000) } },
    ]);
    const { entries } = advanceStream(newHead(META), advanceOf(huge));
    expect(entries.map(({ truncated, eventCount }) => [truncated, eventCount])).toEqual([
      [false, 1],
      [true, 1],
    ]);
    expect(eventsIn(entries)[1]).toMatchObject({ kind: 'stepStarted', step: { name: 'P' } });
    expect(eventsIn(entries)[1]).not.toHaveProperty('projections');
  });
});
