import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { planEnrolment } from './enrolment-periods.ts';

const DAY_MS = 86_400_000;

/** Items that were inserted, with the time until which each lives. */
class Items {
  readonly #ends = new Map<number, number>();

  /** @returns whether the identity is new */
  enrol(nowMs: number, retentionMs: number): boolean {
    const { period, nextPeriod, lifetimeMs } = planEnrolment(nowMs, retentionMs);
    const insert = (key: number): boolean => {
      const isFree = (this.#ends.get(key) ?? 0) < nowMs;
      if (isFree) this.#ends.set(key, nowMs + lifetimeMs);
      return isFree;
    };
    const isNew = insert(period);
    if (nextPeriod !== undefined) insert(nextPeriod);
    return isNew;
  }
}

const lifetimes = fc.integer({ min: 14, max: 60 }).map((days) => days * DAY_MS);
const times = fc.integer({ min: 1.7e12, max: 2.1e12 });
const pauses = fc.oneof(fc.nat({ max: 3 * DAY_MS }), fc.nat({ max: 400 * DAY_MS }));

describe('an enrolment', () => {
  it('is of a new identity only where no line lives, no matter who wrote lines under which enrolment, and when', () => {
    fc.assert(
      fc.property(lifetimes, times, fc.array(pauses, { maxLength: 30 }), (retentionMs, startMs, gaps) => {
        const items = new Items();
        items.enrol(startMs, retentionMs);
        let { untilMs } = planEnrolment(startMs, retentionMs);
        let lastLineMs = startMs;
        let nowMs = startMs;
        for (const gap of gaps) {
          nowMs += gap;
          // Another process knows of no enrolment. It must not find the identity new while a line lives.
          if (nowMs < lastLineMs + retentionMs) expect(items.enrol(nowMs, retentionMs)).toBe(false);
          // This process writes a line under the enrolment that it has, or enrols again.
          if (nowMs >= untilMs) {
            items.enrol(nowMs, retentionMs);
            ({ untilMs } = planEnrolment(nowMs, retentionMs));
          }
          lastLineMs = nowMs;
        }
      }),
    );
  });

  it('holds for a while, whenever it is made', () => {
    fc.assert(
      fc.property(lifetimes, times, (retentionMs, nowMs) => {
        expect(planEnrolment(nowMs, retentionMs).untilMs).toBeGreaterThan(nowMs);
      }),
    );
  });
});
