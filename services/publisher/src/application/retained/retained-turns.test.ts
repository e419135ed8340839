import { expect, it } from 'vitest';
import type { Timers } from '@stepcast/kit';
import fc from 'fast-check';
import { RetainedBudget } from '../../domain/retained-budget.ts';
import { createVirtualTime } from '../../testing/virtual-time.ts';
import { RetainedTurns } from './retained-turns.ts';

function setUp(maxPerSecond: number) {
  const time = createVirtualTime();
  let timersSet = 0;
  const timers: Timers = {
    after(delayMs, callback) {
      timersSet += 1;
      return time.timers.after(delayMs, callback);
    },
  };
  const turns = new RetainedTurns(new RetainedBudget(() => maxPerSecond), time, timers);
  return { time, turns, timersSet: () => timersSet };
}

it('10,000 retained topics that waited for the budget set a million timers a second: one timer wakes the first in line', async () => {
  const { time, turns, timersSet } = setUp(500);
  const came: number[] = [];
  for (let index = 0; index < 10_000; index += 1) {
    turns.ask(false, () => came.push(index));
    // Evenly, so that each turn frees the next one at its own time.
    if (index < 400) await time.advance(2);
  }
  const before = timersSet();
  await time.advance(10_000);
  expect(came.length).toBeGreaterThan(4_000);
  expect(came).toEqual(came.toSorted((a, b) => a - b));
  expect(timersSet() - before).toBeLessThanOrEqual(came.length);
});

it('come in order within the budget, the urgent first, and not to those who have called them off', async () => {
  const step = fc.record({
    afterMs: fc.nat({ max: 400 }),
    isUrgent: fc.boolean(),
    // Which of those that wait calls its turn off.
    cancels: fc.option(fc.nat({ max: 20 }), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { time, turns } = setUp(5);
      const came: { readonly index: number; readonly isUrgent: boolean; readonly atMs: number }[] = [];
      const waiting = new Map<number, () => void>();
      const asked = new Set<number>();
      for (const [index, { afterMs, isUrgent, cancels }] of steps.entries()) {
        await time.advance(afterMs);
        asked.add(index);
        const turn = turns.ask(isUrgent, () => {
          waiting.delete(index);
          came.push({ index, isUrgent, atMs: time.nowMs() });
        });
        if (turn !== undefined) waiting.set(index, () => turn.cancel());
        if (cancels === undefined || !waiting.has(cancels)) continue;
        waiting.get(cancels)?.();
        waiting.delete(cancels);
        asked.delete(cancels);
      }
      await time.advance(60_000);
      expect(new Set(came.map(({ index }) => index))).toEqual(asked);
      for (const kind of [true, false]) {
        const own = came.filter(({ isUrgent }) => isUrgent === kind).map(({ index }) => index);
        expect(own).toEqual(own.toSorted((a, b) => a - b));
      }
      for (const { atMs } of came)
        expect(came.filter((one) => one.atMs > atMs - 1_000 && one.atMs <= atMs).length).toBeLessThanOrEqual(
          5,
        );
    }),
  );
});
