import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { createClock } from './clock.ts';

/** A clock on a system whose time is set by the test. */
function createBench() {
  let monotonicMs = 0;
  let wallMs = Date.UTC(2026, 10, 3);
  return {
    clock: createClock(
      () => wallMs,
      () => monotonicMs,
    ),
    wallMs: () => wallMs,
    pass: (ms: number) => {
      monotonicMs += ms;
      wallMs += ms;
    },
    step: (ms: number) => {
      wallMs += ms;
    },
  };
}

describe('the clock', () => {
  it('is the time of the system, and follows it ahead at once', () => {
    const { clock, pass, step, wallMs } = createBench();
    for (const ms of [0, 1, 59_000, 3_600_000]) {
      pass(ms);
      expect(clock.nowMs()).toBe(wallMs());
    }
    step(20 * 60_000);
    expect(clock.nowMs()).toBe(wallMs());
  });

  it('goes on while the system’s time is set back by 20 minutes, until that has caught up', () => {
    const { clock, pass, step, wallMs } = createBench();
    const before = clock.nowMs();
    step(-20 * 60_000);
    pass(1_000);
    expect(clock.nowMs()).toBe(before + 900);
    pass(199 * 60_000);
    expect(clock.nowMs()).toBeGreaterThan(wallMs());
    pass(2 * 60_000);
    expect(clock.nowMs()).toBe(wallMs());
  });

  it('never goes back and is never behind, whatever the system’s time does', () => {
    const deed = fc.record({
      passMs: fc.nat(100_000),
      stepMs: fc.integer({ min: -3_600_000, max: 3_600_000 }),
    });
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 50 }), (deeds) => {
        const { clock, pass, step, wallMs } = createBench();
        let last = clock.nowMs();
        for (const { passMs, stepMs } of deeds) {
          step(stepMs);
          pass(passMs);
          const now = clock.nowMs();
          // A reading is in whole milliseconds.
          expect(now - last).toBeGreaterThanOrEqual(Math.floor(passMs * 0.9) - 1);
          expect(now).toBeGreaterThanOrEqual(wallMs());
          last = now;
        }
      }),
    );
  });
});
