import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_STRETCH, RetainedPace } from './retained-pace.ts';

const limits = { intervalMs: 1_000, maxPerSecond: Infinity, usualPerSecond: 100 };

function paceWith(busyTopics: number, more: Partial<typeof limits> = {}): RetainedPace {
  const pace = new RetainedPace({ ...limits, ...more });
  for (let topic = 0; topic < busyTopics; topic += 1) pace.began();
  return pace;
}

describe('the pace of retained topics', () => {
  it('is the interval while few topics are busy', () => {
    const pace = paceWith(100);
    expect(pace.waitMs(5_000, { atMs: 4_600 }, { urgent: false })).toBe(600);
    expect(pace.waitMs(5_600, { atMs: 4_600 }, { urgent: false })).toBe(0);
  });

  it('gives a topic that has said nothing yet its turn at once', () => {
    const pace = paceWith(10_000);
    expect(pace.waitMs(5_000, { atMs: Number.NEGATIVE_INFINITY }, { urgent: false })).toBe(0);
  });

  it('gets slower with the number of busy topics, and faster again when they fall silent', () => {
    const pace = paceWith(300);
    expect(pace.waitMs(0, { atMs: 0 }, { urgent: false })).toBe(3_000);
    for (let topic = 0; topic < 100; topic += 1) pace.ended();
    expect(pace.waitMs(0, { atMs: 0 }, { urgent: false })).toBe(2_000);
  });

  it('lets what is urgent wait for the interval only', () => {
    expect(paceWith(300).waitMs(0, { atMs: 0 }, { urgent: true })).toBe(1_000);
  });

  it('counts more intervals for a topic that costs more', () => {
    expect(paceWith(1).waitMs(0, { atMs: 0, intervals: 3 }, { urgent: true })).toBe(3_000);
  });

  it('never lets more through than the broker takes, urgent or not', () => {
    const pace = paceWith(1, { maxPerSecond: 2 });
    pace.record(0);
    pace.record(400);
    expect(pace.waitMs(500, { atMs: Number.NEGATIVE_INFINITY }, { urgent: true })).toBe(500);
    expect(pace.waitMs(1_000, { atMs: Number.NEGATIVE_INFINITY }, { urgent: true })).toBe(0);
  });

  it('keeps all together near the usual rate, each at its interval or slower, none slower than the bound', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), (topics) => {
        const waitMs = paceWith(topics).waitMs(0, { atMs: 0 }, { urgent: false });
        expect(waitMs).toBeGreaterThanOrEqual(limits.intervalMs);
        expect(waitMs).toBeLessThanOrEqual(limits.intervalMs * MAX_STRETCH);
        if (waitMs < limits.intervalMs * MAX_STRETCH)
          expect((topics / waitMs) * 1_000).toBeLessThanOrEqual(limits.usualPerSecond * 1.001);
      }),
    );
  });
});
