import { describe, expect, it } from 'vitest';
import type { Timers } from '@stepcast/kit';
import fc from 'fast-check';
import { RetainedBudget } from '../../domain/retained-budget.ts';
import { createVirtualTime } from '../../testing/virtual-time.ts';
import { PacedTopics, type Retained } from './paced-topics.ts';
import { RetainedTurns } from './retained-turns.ts';

const INTERVAL_MS = 1_000;

interface Sent {
  readonly key: string;
  readonly value: number;
  readonly beganMs: number;
  readonly endedMs: number;
  readonly intervals: number;
}

interface SetUp {
  readonly takesMs?: number;
  readonly intervals?: number;
  readonly maxPerSecond?: number;
  readonly outcome?: (value: number) => Retained;
}

function setUp({ takesMs = 0, intervals = 1, maxPerSecond = Infinity, outcome }: SetUp = {}) {
  const time = createVirtualTime();
  const sent: Sent[] = [];
  let timersSet = 0;
  const timers: Timers = {
    after(delayMs, callback) {
      timersSet += 1;
      return time.timers.after(delayMs, callback);
    },
  };
  const topics = new PacedTopics<string, number>({
    content: {
      merge: (waiting, offered) => Math.max(waiting, offered),
      async publish(key, value) {
        const beganMs = time.nowMs();
        const done = Promise.withResolvers<void>();
        if (takesMs === 0) done.resolve();
        else time.timers.after(takesMs, done.resolve);
        await done.promise;
        const result: Retained = outcome?.(value) ?? { kind: 'retained', intervals };
        if (result.kind === 'retained') sent.push({ key, value, beganMs, endedMs: time.nowMs(), intervals });
        return result;
      },
    },
    shortestIntervalMs: () => INTERVAL_MS,
    turns: new RetainedTurns(new RetainedBudget(() => maxPerSecond), time, timers),
    clock: time,
    timers,
  });
  return { time, topics, sent, timersSet: () => timersSet };
}

describe('paced topics', () => {
  it('keep every interval, publish the last candidate of each topic and answer those who wait', async () => {
    const offers = fc.array(
      fc.record({
        afterMs: fc.nat({ max: 1_500 }),
        key: fc.constantFrom('a', 'b'),
        intervalMs: fc.constantFrom(0, 0, 4_000),
        waits: fc.boolean(),
      }),
      { minLength: 1, maxLength: 40 },
    );
    const shapes = fc.record({
      takesMs: fc.constantFrom(0, 30, 1_700),
      intervals: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(offers, shapes, async (steps, shape) => {
        const { time, topics, sent } = setUp(shape);
        const newest = new Map<string, number>();
        let unanswered = 0;
        for (const [value, { afterMs, key, intervalMs, waits }] of steps.entries()) {
          await time.advance(afterMs);
          newest.set(key, value);
          if (waits) unanswered += 1;
          const onRetained = () => {
            unanswered -= 1;
            // Answered only when the topic holds it or something newer.
            expect(sent.some((one) => one.key === key && one.value >= value)).toBe(true);
          };
          topics.offer(key, value, intervalMs, waits ? onRetained : undefined);
        }
        let idle = false;
        void topics.idle().then(() => (idle = true));
        await time.advanceUntil(() => idle);
        expect(unanswered).toBe(0);
        for (const [key, value] of newest) {
          const own = sent.filter((one) => one.key === key);
          expect(own.at(-1)?.value).toBe(value);
          for (const [index, { beganMs }] of own.entries()) {
            const before = own[index - 1];
            if (before === undefined) continue;
            expect(beganMs - before.endedMs).toBeGreaterThanOrEqual(INTERVAL_MS * before.intervals);
          }
        }
      }),
    );
  });

  it('publish at once what a quiet topic is offered, and after its interval what is not urgent', async () => {
    const { time, topics, sent } = setUp();
    const startMs = time.nowMs();
    topics.offer('a', 1, 10_000);
    await time.settle();
    topics.offer('a', 2, 10_000);
    await time.advance(20_000);
    topics.offer('a', 3, 10_000);
    await time.advance(500);
    topics.offer('a', 4, 10_000);
    await time.advance(100);
    topics.offer('a', 5);
    await time.advance(5_000);
    expect(sent.map(({ value, beganMs }) => [value, beganMs - startMs])).toEqual([
      [1, 0],
      [2, 10_000],
      [3, 20_000],
      [5, 21_000],
    ]);
  });

  it('say why to those who wait when a candidate can be neither retained nor dead-lettered', async () => {
    const error = new Error('refused');
    const { time, topics, sent } = setUp({
      outcome: (value) => (value === 1 ? { kind: 'failed', error } : { kind: 'retained' }),
    });
    const answers: (Error | undefined)[] = [];
    topics.offer('a', 1, 0, (answer) => answers.push(answer));
    await time.settle();
    topics.offer('a', 2, 0, (answer) => answers.push(answer));
    await time.settle();
    expect(answers).toEqual([error, undefined]);
    expect(sent.map(({ value }) => value)).toEqual([2]);
  });

  it('do not count what was not sent against the interval', async () => {
    const { time, topics, sent } = setUp({
      outcome: (value) => (value === 1 ? { kind: 'dropped' } : { kind: 'retained' }),
    });
    const startMs = time.nowMs();
    topics.offer('a', 1);
    await time.settle();
    topics.offer('a', 2);
    await time.settle();
    expect(sent).toMatchObject([{ value: 2, beganMs: startMs }]);
  });

  it('keep the limit of all together, and let what somebody waits for go before what nobody does', async () => {
    const { time, topics, sent } = setUp({ maxPerSecond: 10 });
    const startMs = time.nowMs();
    for (let topic = 0; topic < 40; topic += 1) topics.offer(`patient ${topic}`, 1);
    await time.settle();
    topics.offer('an end', 2, 0, () => undefined);
    await time.settle();
    expect(sent).toHaveLength(9);
    expect(sent.at(-1)).toMatchObject({ key: 'an end', beganMs: startMs });
    let idle = false;
    void topics.idle().then(() => (idle = true));
    await time.advanceUntil(() => idle);
    expect(sent).toHaveLength(41);
    for (const { beganMs } of sent)
      expect(
        sent.filter((one) => one.beganMs > beganMs - 1_000 && one.beganMs <= beganMs).length,
      ).toBeLessThanOrEqual(10);
  });

  it('give a repeat no part of what is reserved for those who wait, and say when nothing is left to do for it', async () => {
    const { time, topics, sent } = setUp({ maxPerSecond: 10 });
    let repeated = 0;
    for (let topic = 0; topic < 10; topic += 1)
      void topics.repeat(`repeat ${topic}`, 1).then(() => (repeated += 1));
    await time.settle();
    expect([sent.length, repeated]).toEqual([8, 8]);
    topics.offer('an end', 2, 0, () => undefined);
    topics.offer('repeat 9', 2, 0, () => undefined);
    await time.settle();
    expect(sent.slice(8).map(({ key }) => key)).toEqual(['an end', 'repeat 9']);
    await time.advance(1_000);
    expect([sent.length, repeated]).toEqual([11, 10]);
  });

  it('set no other timer for offers that do not make the time earlier, and one for the offer that does', async () => {
    const { time, topics, sent, timersSet } = setUp();
    topics.offer('a', 1);
    await time.settle();
    for (let value = 2; value < 100; value += 1) {
      topics.offer('a', value, 4_000);
      await time.advance(1);
    }
    expect(timersSet()).toBe(1);
    topics.offer('a', 100, 0);
    expect(timersSet()).toBe(2);
    await time.advance(INTERVAL_MS);
    expect(sent.map(({ value }) => value)).toEqual([1, 100]);
  });

  it('wait for the shortest interval only, once they are to hurry', async () => {
    const { time, topics, sent } = setUp();
    const startMs = time.nowMs();
    for (const key of ['a', 'b']) topics.offer(key, 1);
    await time.settle();
    topics.offer('a', 2, 10_000);
    await time.advance(200);
    topics.hurry();
    topics.offer('b', 2, 10_000);
    let idle = false;
    void topics.idle().then(() => (idle = true));
    await time.advanceUntil(() => idle);
    expect(sent.slice(2).map(({ key, beganMs }) => [key, beganMs - startMs])).toEqual([
      ['a', INTERVAL_MS],
      ['b', INTERVAL_MS],
    ]);
  });

  it('publish nothing more once they are stopped', async () => {
    const { time, topics, sent } = setUp();
    topics.offer('a', 1);
    await time.settle();
    topics.offer('a', 2);
    topics.stop();
    await topics.idle();
    await time.advance(60_000);
    expect(sent.map(({ value }) => value)).toEqual([1]);
  });
});
