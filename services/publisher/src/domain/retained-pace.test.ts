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

  /** Messages of the last of `seconds`, when so many topics each have something to say every so often. */
  function messagesASecond(topics: number, everyMs: number, seconds: number): number {
    const pace = paceWith(0);
    const offeredMs = Array.from({ length: topics }, (_, index) => (index * everyMs) / topics);
    const last = offeredMs.map(() => Number.NEGATIVE_INFINITY);
    const due = offeredMs.map(() => Number.POSITIVE_INFINITY);
    let sent = 0;
    for (let nowMs = 0; nowMs < seconds * 1_000; nowMs += 10) {
      for (let topic = 0; topic < topics; topic += 1) {
        const [lastMs = 0, dueMs = 0] = [last[topic], due[topic]];
        const isNew = dueMs === Infinity && nowMs >= (offeredMs[topic] ?? 0);
        if (isNew) {
          offeredMs[topic] = nowMs + everyMs;
          pace.began();
        }
        if (!isNew && dueMs > nowMs) continue;
        const waitMs = pace.waitMs(nowMs, { atMs: lastMs }, { urgent: false });
        due[topic] = waitMs > 0 ? nowMs + waitMs : Number.POSITIVE_INFINITY;
        if (waitMs > 0) continue;
        pace.record(nowMs);
        pace.ended();
        last[topic] = nowMs;
        if (nowMs >= (seconds - 10) * 1_000) sent += 1;
      }
    }
    return sent / 10;
  }

  it.each([
    [500, 1_250],
    [500, 100],
    [300, 2_000],
    [900, 1_000],
  ])(
    'keeps %i topics that say something every %i ms near the usual rate, also when none of them waits',
    (topics, everyMs) => {
      const rate = messagesASecond(topics, everyMs, 40);
      expect(rate).toBeLessThanOrEqual(limits.usualPerSecond * 1.15);
      expect(rate).toBeGreaterThanOrEqual(limits.usualPerSecond * 0.6);
    },
  );

  it('does not slow down topics that all together say less than the usual rate', () => {
    expect(messagesASecond(100, 1_250, 20)).toBeCloseTo(80, -1);
  });

  it('forgets within seconds what was', () => {
    const pace = paceWith(0);
    for (let count = 0; count < 3_000; count += 1) pace.record(count / 3);
    expect(pace.waitMs(1_000, { atMs: 999 }, { urgent: false })).toBeGreaterThan(5_000);
    expect(pace.waitMs(15_000, { atMs: 15_000 }, { urgent: false })).toBe(1_000);
  });
});
