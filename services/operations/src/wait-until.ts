import { pause } from '@stepcast/kit';
import type { Operator } from './operator.ts';

const INTERVAL_MS = 250;

/** Asks again until something is there, the time is over, or the operator stops it. */
export async function waitUntil<T>(
  { clock, timers }: Pick<Operator, 'clock' | 'timers'>,
  limitMs: number,
  ask: () => Promise<T | undefined>,
  signal?: AbortSignal,
): Promise<T | undefined> {
  const deadlineMs = clock.nowMs() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || signal?.aborted === true || clock.nowMs() >= deadlineMs) return answer;
    await pause(timers, INTERVAL_MS, signal);
  }
}
