import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { ManualTime } from './testing.ts';
import { createRateGate, createTokenBucket, RateGateFullError } from './token-bucket.ts';

describe('a token bucket', () => {
  it('never lets more through in any window than its capacity and refill allow', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 200 }),
        fc.array(fc.nat(500), { maxLength: 200 }),
        (capacity, perSecond, gapsMs) => {
          const time = { now: 0, nowMs: () => time.now };
          const bucket = createTokenBucket({ capacity, perSecond }, time);
          const takenAtMs: number[] = [];
          for (const gapMs of gapsMs) {
            time.now += gapMs;
            if (bucket.take() === 0) takenAtMs.push(time.now);
          }
          for (const [first, startMs] of takenAtMs.entries()) {
            for (const [last, endMs] of takenAtMs.entries()) {
              if (last < first) continue;
              expect(last - first + 1).toBeLessThanOrEqual(
                capacity + ((endMs - startMs) / 1000) * perSecond + 1e-6,
              );
            }
          }
        },
      ),
    );
  });

  it('says when the next token is there, and it is there then', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 100 }),
        (capacity, perSecond) => {
          const time = { now: 0, nowMs: () => time.now };
          const bucket = createTokenBucket({ capacity, perSecond }, time);
          for (let taken = 0; taken < capacity; taken += 1) expect(bucket.take()).toBe(0);
          time.now += bucket.take();
          expect(bucket.take()).toBe(0);
        },
      ),
    );
  });

  it('does not fill when the clock goes backwards', () => {
    const time = { now: 10_000, nowMs: () => time.now };
    const bucket = createTokenBucket({ capacity: 1, perSecond: 1 }, time);
    expect(bucket.take()).toBe(0);
    time.now = 0;
    expect(bucket.take()).toBe(1000);
    time.now = 10_000;
    expect(bucket.take()).toBe(1000);
    time.now = 11_000;
    expect(bucket.take()).toBe(0);
  });
});

describe('a rate gate', () => {
  it('lets calls through in the order they came, at its pace', async () => {
    const time = new ManualTime(0);
    const gate = createRateGate({ capacity: 2, perSecond: 10, maxWaiting: 100 }, time, time);
    const calls: [number, number][] = [];
    const all = Promise.all(
      [0, 1, 2, 3, 4].map((index) =>
        gate.run(async () => {
          calls.push([index, time.nowMs()]);
          await Promise.resolve();
        }),
      ),
    );
    await time.advance(1_000);
    await all;
    expect(calls).toEqual([
      [0, 0],
      [1, 0],
      [2, 100],
      [3, 200],
      [4, 300],
    ]);
    expect(time.pending).toBe(0);
  });

  it('refuses when too many wait, and goes on with the others', async () => {
    const time = new ManualTime(0);
    const gate = createRateGate({ capacity: 1, perSecond: 1, maxWaiting: 1 }, time, time);
    const first = gate.run(async () => Promise.resolve('first'));
    const second = gate.run(async () => Promise.resolve('second'));
    await expect(gate.run(async () => Promise.resolve('third'))).rejects.toBeInstanceOf(RateGateFullError);
    await time.advance(2_000);
    await expect(Promise.all([first, second])).resolves.toEqual(['first', 'second']);
  });

  it('hands on the failure of a call and goes on', async () => {
    const time = new ManualTime(0);
    const gate = createRateGate({ capacity: 5, perSecond: 1, maxWaiting: 5 }, time, time);
    await expect(gate.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(gate.run(async () => Promise.resolve('yes'))).resolves.toBe('yes');
  });
});
