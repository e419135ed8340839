import type { Clock, Timers } from '@stepcast/kit';

/** Time that a test moves. Timers fire in order of their due time, each with its promises settled before the next. */
export interface VirtualTime extends Clock {
  readonly timers: Timers;
  /** Moves on by `ms`, firing what falls due on the way. */
  advance(ms: number): Promise<void>;
  /** Lets what is ready happen, without time passing. */
  settle(): Promise<void>;
  /** Advances from timer to timer until `done`; throws after `limitMs` of virtual time. */
  advanceUntil(done: () => boolean, limitMs?: number): Promise<void>;
}

/** How many turns of the microtask queue count as "everything that was ready has happened". */
const TURNS = 40;

export function createVirtualTime(startMs = Date.UTC(2026, 10, 3, 10, 15, 0)): VirtualTime {
  let nowMs = startMs;
  let order = 0;
  let waiting: { readonly dueMs: number; readonly order: number; readonly callback: () => void }[] = [];

  const settle = async () => {
    for (let turn = 0; turn < TURNS; turn += 1) await Promise.resolve();
  };
  const earliest = () => waiting.toSorted((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0];

  const advanceTo = async (targetMs: number) => {
    await settle();
    for (let next = earliest(); next !== undefined && next.dueMs <= targetMs; next = earliest()) {
      const due = next;
      waiting = waiting.filter((one) => one !== due);
      nowMs = Math.max(nowMs, due.dueMs);
      due.callback();
      await settle();
    }
    nowMs = Math.max(nowMs, targetMs);
  };

  return {
    nowMs: () => nowMs,
    timers: {
      after(delayMs, callback) {
        order += 1;
        const timer = { dueMs: nowMs + delayMs, order, callback };
        waiting.push(timer);
        return () => {
          waiting = waiting.filter((one) => one !== timer);
        };
      },
    },
    advance: (ms) => advanceTo(nowMs + ms),
    settle,
    async advanceUntil(done, limitMs = 600_000) {
      const limit = nowMs + limitMs;
      await settle();
      while (!done()) {
        const next = earliest();
        if (next === undefined || next.dueMs > limit)
          throw new Error(`not done after ${nowMs - startMs} ms of virtual time`);
        await advanceTo(next.dueMs);
      }
    },
  };
}
