import { describe, expect, it } from 'vitest';
import { ManualTime } from '@stepcast/kit/testing';
import type { Logger } from '@stepcast/kit';
import fc from 'fast-check';
import { CopiesUnknownError } from '../ports/copies.port.ts';
import { BELIEVED_MS, DRAINING_MS, KnownCopies, READ_EVERY_MS } from './known-copies.ts';

const MOST = 8;

function setUp(answer: () => number | undefined) {
  const time = new ManualTime();
  const lines: string[] = [];
  const log = (level: string) => (_fields: unknown, message?: string) => {
    lines.push(`${level} ${message ?? ''}`);
  };
  const logger: Pick<Logger, 'info' | 'warn'> = { info: log('info'), warn: log('warn') };
  let reads = 0;
  const known = new KnownCopies({
    reader: {
      read() {
        reads += 1;
        const count = answer();
        return count === undefined
          ? Promise.reject(new CopiesUnknownError('AccessDenied'))
          : Promise.resolve(count);
      },
    },
    most: MOST,
    clock: time,
    timers: time,
    logger,
  });
  return { time, known, lines, reads: () => reads };
}

/** Starts, and has been running for a while. */
async function longAgo(known: KnownCopies, time: ManualTime): Promise<void> {
  known.start();
  await time.advance(2 * DRAINING_MS);
}

describe('the number of copies', () => {
  it('is the most that can run until every copy that was stopped before is gone, and then what is read', async () => {
    const { time, known } = setUp(() => 3);
    expect(known.now).toBe(MOST);
    known.start();
    await time.advance(DRAINING_MS);
    expect(known.now).toBe(MOST);
    await time.advance(1);
    expect(known.now).toBe(3);
  });

  it('is known again within one reading when copies come', async () => {
    let count = 2;
    const { time, known } = setUp(() => count);
    await longAgo(known, time);
    expect(known.now).toBe(2);
    count = 5;
    await time.advance(READ_EVERY_MS);
    expect(known.now).toBe(5);
  });

  it('stays as large as it was while a copy that was stopped may still publish', async () => {
    let count = 4;
    const { time, known } = setUp(() => count);
    await longAgo(known, time);
    count = 2;
    await time.advance(DRAINING_MS - READ_EVERY_MS);
    expect(known.now).toBe(4);
    await time.advance(2 * READ_EVERY_MS);
    expect(known.now).toBe(2);
  });

  it('stays as large where the answer just before a copy was stopped is old, for answers between were missing', async () => {
    let count: number | undefined = 2;
    const { time, known } = setUp(() => count);
    await longAgo(known, time);
    count = undefined;
    await time.advance(READ_EVERY_MS + READ_EVERY_MS / 2);
    count = 0;
    await time.advance(READ_EVERY_MS / 2);
    await time.advance(DRAINING_MS - 1);
    expect(known.now).toBe(2);
    await time.advance(1);
    expect(known.now).toBe(1);
  });

  it('is the most that can run once it could not be read for half a minute, and says so once', async () => {
    let count: number | undefined = 2;
    const { time, known, lines } = setUp(() => count);
    await longAgo(known, time);
    count = undefined;
    await time.advance(BELIEVED_MS - READ_EVERY_MS);
    expect(known.now).toBe(2);
    await time.advance(READ_EVERY_MS + 1);
    expect(known.now).toBe(MOST);
    await time.advance(10 * BELIEVED_MS);
    expect(lines).toEqual(['info number of copies', 'warn number of copies not read']);
    count = 2;
    await time.advance(DRAINING_MS);
    expect(known.now).toBe(MOST);
    await time.advance(READ_EVERY_MS);
    expect(known.now).toBe(2);
  });

  it('is more than the most where a deployment doubles the tasks, and never less than one', async () => {
    let count = 2 * MOST;
    const { time, known } = setUp(() => count);
    await longAgo(known, time);
    expect(known.now).toBe(2 * MOST);
    count = 0;
    await time.advance(DRAINING_MS + READ_EVERY_MS);
    expect(known.now).toBe(1);
  });

  it('is not read any more after a stop', async () => {
    const { time, known, reads } = setUp(() => 1);
    known.start();
    await time.advance(0);
    known.stop();
    await time.advance(10 * READ_EVERY_MS);
    expect([reads(), time.pending]).toEqual([1, 0]);
  });
});

/** What ECS takes at least from deciding on a task until its container publishes, and at most from stopping it until it is gone. */
const STARTING_MS = 31_000;
const ENDING_MS = 30_000;

describe('the shares of all copies together', () => {
  const steps = fc.array(
    fc.record({
      waitMs: fc.integer({ min: 0, max: 60_000 }),
      wanted: fc.integer({ min: 0, max: MOST }),
      isAway: fc.boolean(),
    }),
    { minLength: 1, maxLength: 25 },
  );

  it('are never more than the broker allows, whatever starts, stops and cannot be read', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (course) => {
        const time = new ManualTime();
        interface Task {
          readonly known: KnownCopies;
          readonly publishesFromMs: number;
          goneAtMs: number | undefined;
        }
        let tasks: Task[] = [];
        const started = new Set<Task>();
        let wanted = 0;
        let isAway = false;
        // A task that is stopped is out of the numbers at once.
        const count = () => Math.max(wanted, tasks.filter(({ goneAtMs }) => goneAtMs === undefined).length);
        const quiet: Pick<Logger, 'info' | 'warn'> = { info: () => undefined, warn: () => undefined };
        const scale = (to: number) => {
          wanted = to;
          const running = tasks.filter(({ goneAtMs }) => goneAtMs === undefined);
          // Whose container has not begun never begins.
          for (const task of running.slice(to))
            task.goneAtMs = time.nowMs() + (started.has(task) ? ENDING_MS : 0);
          for (let more = running.length; more < to; more += 1)
            tasks.push({
              known: new KnownCopies({
                reader: {
                  read: () =>
                    isAway ? Promise.reject(new CopiesUnknownError('away')) : Promise.resolve(count()),
                },
                most: 2 * MOST,
                clock: time,
                timers: time,
                logger: quiet,
              }),
              publishesFromMs: time.nowMs() + STARTING_MS,
              goneAtMs: undefined,
            });
        };
        for (const step of course) {
          ({ isAway } = step);
          scale(step.wanted);
          for (let passedMs = 0; passedMs <= step.waitMs; passedMs += 1_000) {
            await time.advance(1_000);
            const nowMs = time.nowMs();
            for (const task of tasks.filter(({ goneAtMs }) => goneAtMs !== undefined && goneAtMs <= nowMs))
              task.known.stop();
            tasks = tasks.filter(({ goneAtMs }) => goneAtMs === undefined || goneAtMs > nowMs);
            const publishing = tasks.filter(({ publishesFromMs }) => publishesFromMs <= nowMs);
            for (const task of publishing)
              if (!started.has(task)) {
                started.add(task);
                task.known.start();
              }
            const sum = publishing.reduce((shares, { known }) => shares + 1 / known.now, 0);
            expect(sum).toBeLessThanOrEqual(1 + 1e-9);
          }
        }
        for (const { known } of tasks) known.stop();
      }),
    );
  });
});
