import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { ConnectionPace, evenShare } from './connection-pace.ts';

const limits = { maxPublishes: 100, maxBytes: 10_000, windowMs: 1_000 };

describe('the pace of a connection', () => {
  it('never lets more through in any window than the broker takes, early or not, and never waits for ever', () => {
    const attempts = fc.array(
      fc.record({
        afterMs: fc.oneof(fc.constant(0), fc.nat({ max: 40 }), fc.nat({ max: 2_000 })),
        owner: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
        bytes: fc.integer({ min: 1, max: 600 }),
        hasPatience: fc.boolean(),
      }),
      { minLength: 1, maxLength: 400 },
    );
    fc.assert(
      fc.property(attempts, (all) => {
        const pace = new ConnectionPace(limits);
        const sent: { atMs: number; bytes: number }[] = [];
        const early: { atMs: number; owner: string }[] = [];
        let nowMs = 0;
        for (const { afterMs, owner, bytes, hasPatience } of all) {
          nowMs += afterMs;
          if (pace.mayGoEarly(nowMs, owner, bytes)) {
            pace.recordEarly(nowMs, bytes, owner);
            early.push({ atMs: nowMs, owner });
          } else {
            let asked = 0;
            for (let waitMs = pace.waitMs(nowMs, bytes); waitMs > 0; waitMs = pace.waitMs(nowMs, bytes)) {
              if (!hasPatience) break;
              asked += 1;
              nowMs += waitMs;
            }
            // Each message of the window that is full may be waited for, and nothing else.
            expect(asked).toBeLessThanOrEqual(limits.maxPublishes + 1);
            if (pace.waitMs(nowMs, bytes) > 0) continue;
            pace.record(nowMs, bytes);
          }
          sent.push({ atMs: nowMs, bytes });
          const within = sent.filter(({ atMs }) => atMs > nowMs - limits.windowMs);
          expect(within.length).toBeLessThanOrEqual(limits.maxPublishes);
          expect(within.reduce((sum, one) => sum + one.bytes, 0)).toBeLessThanOrEqual(limits.maxBytes);
          const ofOne = early.filter((one) => one.owner === owner && one.atMs > nowMs - limits.windowMs);
          expect(ofOne.length).toBeLessThanOrEqual(5);
        }
      }),
    );
  });

  it('always has room at once for those who have sent little, whatever one of them sends', () => {
    const pace = new ConnectionPace(limits);
    const others = ['b', 'c', 'd', 'e', 'f'];
    for (let nowMs = 0; nowMs < 5_000; nowMs += 1) {
      // One sends whatever it may, early and in its turn.
      if (pace.mayGoEarly(nowMs, 'a', 50)) pace.recordEarly(nowMs, 50, 'a');
      else if (pace.waitMs(nowMs, 50) === 0) pace.record(nowMs, 50);
      // All others say something every half second, at the same moment.
      if (nowMs % 500 !== 499) continue;
      for (const owner of others) {
        expect(pace.mayGoEarly(nowMs, owner, 50)).toBe(true);
        pace.recordEarly(nowMs, 50, owner);
      }
    }
  });

  it('goes evenly: who has much to say has it spread over the window', () => {
    const pace = new ConnectionPace({ ...limits, maxBytes: Infinity });
    const times: number[] = [];
    for (let nowMs = 0; nowMs < 3_000; nowMs += 1) {
      if (pace.waitMs(nowMs, 1) > 0) continue;
      pace.record(nowMs, 1);
      times.push(nowMs);
    }
    const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(Math.ceil(limits.windowMs / evenShare(100)));
    expect(times.length).toBeGreaterThanOrEqual(3 * 75);
  });

  it('uses nearly all of a small or a large allowance', { tags: ['few-cases'] }, () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), (maxPublishes) => {
        const pace = new ConnectionPace({ maxPublishes, maxBytes: Infinity, windowMs: 1_000 });
        let sent = 0;
        for (let nowMs = 0; nowMs < 2_000; nowMs += 1) {
          while (pace.waitMs(nowMs, 1) === 0) {
            pace.record(nowMs, 1);
            sent += 1;
          }
        }
        expect(sent).toBeGreaterThanOrEqual(maxPublishes * 2 * 0.75);
        expect(sent).toBeLessThanOrEqual(maxPublishes * 2);
      }),
    );
  });

  it('has no limits where the broker has none', () => {
    const pace = new ConnectionPace({ maxPublishes: Infinity, maxBytes: Infinity, windowMs: 1_000 });
    for (let count = 0; count < 10_000; count += 1) {
      expect(pace.waitMs(0, 1_000_000)).toBe(0);
      pace.record(0, 1_000_000);
    }
    expect(evenShare(Infinity)).toBe(Infinity);
  });
});
