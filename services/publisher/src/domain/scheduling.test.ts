import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { FairQueue, LIVE_BEFORE_OTHERS, TwoLaneQueue } from './fair-queue.ts';
import { nextPoolSize, POOL_SCALING } from './pool-size.ts';
import { rendezvous } from './rendezvous.ts';
import { WindowLimiter } from './window-limiter.ts';

describe('the fair queue', () => {
  it('keeps the order within an owner, loses nothing, and lets no owner wait more than one round for a turn', () => {
    const commands = fc.array(fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: 'take' }), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(commands, (steps) => {
        const queue = new FairQueue<{ owner: string; number: number }>();
        const model = new Map<string, number[]>();
        const waitedTurns = new Map<string, number>();
        let number = 0;
        for (const step of steps) {
          if (step !== 'take') {
            number += 1;
            queue.push(step, { owner: step, number });
            model.set(step, [...(model.get(step) ?? []), number]);
            continue;
          }
          const taken = queue.take();
          const owners = [...model].filter(([, list]) => list.length > 0).map(([owner]) => owner);
          expect(taken === undefined).toBe(owners.length === 0);
          if (taken === undefined) continue;
          expect(model.get(taken.owner)?.shift()).toBe(taken.number);
          for (const owner of owners) {
            const turns = owner === taken.owner ? 0 : (waitedTurns.get(owner) ?? 0) + 1;
            waitedTurns.set(owner, turns);
            expect(turns).toBeLessThanOrEqual(3);
          }
        }
        expect(queue.size).toBe([...model.values()].flat().length);
        expect(queue.takeAll()).toHaveLength([...model.values()].flat().length);
      }),
    );
  });
});

describe('the window limiter', () => {
  it('never lets more than the limit through in any window, and always lets something through after the wait', () => {
    const arrivals = fc.array(
      fc.record({ waitMs: fc.nat({ max: 400 }), bytes: fc.integer({ min: 1, max: 60 }) }),
      {
        maxLength: 120,
      },
    );
    fc.assert(
      fc.property(arrivals, (messages) => {
        const limits = { maxCount: 5, maxBytes: 100, windowMs: 1_000 };
        const limiter = new WindowLimiter(limits);
        const sent: { atMs: number; bytes: number }[] = [];
        let nowMs = 0;
        for (const { waitMs, bytes } of messages) {
          nowMs += waitMs;
          for (let wait = limiter.waitMs(nowMs, bytes); wait > 0; wait = limiter.waitMs(nowMs, bytes))
            nowMs += wait;
          limiter.record(nowMs, bytes);
          sent.push({ atMs: nowMs, bytes });
          const window = sent.filter(({ atMs }) => atMs > nowMs - limits.windowMs);
          expect(window.length).toBeLessThanOrEqual(limits.maxCount);
          expect(window.reduce((sum, one) => sum + one.bytes, 0)).toBeLessThanOrEqual(limits.maxBytes);
        }
      }),
    );
  });
});

describe('rendezvous hashing', () => {
  const keys = Array.from({ length: 2_000 }, (_unused, index) => `identity-${index}`);

  it('spreads keys evenly', () => {
    const nodes = ['0', '1', '2', '3'];
    const counts = nodes.map((_unused, node) => keys.filter((key) => rendezvous(key, nodes) === node).length);
    expect(Math.min(...counts)).toBeGreaterThan(400);
  });

  it('moves only the keys of a node that goes', () => {
    const before = keys.map((key) => rendezvous(key, ['0', '1', '2', '3']));
    const after = keys.map((key) => rendezvous(key, ['0', '1', '2']));
    expect(after.filter((node, index) => before[index] !== 3 && node !== before[index])).toEqual([]);
    expect(rendezvous('any', [])).toBe(-1);
  });
});

describe('the size of the pool', () => {
  it('stays within its bounds, grows when it is full and shrinks only after a quiet while', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat({ max: 40 }),
        (size, used, quietIntervals) => {
          const next = nextPoolSize({ size, minimum: 1, maximum: 50, used, quietIntervals });
          expect(next.size).toBeGreaterThanOrEqual(1);
          expect(next.size).toBeLessThanOrEqual(50);
          if (used > POOL_SCALING.growAbove && size < 50) expect(next.size).toBeGreaterThan(size);
          if (next.size < size)
            expect(quietIntervals).toBeGreaterThanOrEqual(POOL_SCALING.quietIntervals - 1);
        },
      ),
    );
    expect(nextPoolSize({ size: 3, minimum: 1, maximum: 50, used: 1, quietIntervals: 0 }).size).toBe(6);
  });
});

describe('the queue with two lanes', () => {
  it('takes live items first, but the others get their turn', () => {
    const queue = new TwoLaneQueue<string>();
    for (let number = 0; number < 6; number += 1) {
      queue.push('a', 'live', true);
      queue.push('a', 'other', false);
    }
    const taken = Array.from({ length: 12 }, () => queue.take());
    expect(taken.slice(0, LIVE_BEFORE_OTHERS + 2)).toEqual(['live', 'live', 'live', 'other', 'live']);
    expect(taken.filter((one) => one === 'other')).toHaveLength(6);
    expect(queue.take()).toBeUndefined();
  });
});
