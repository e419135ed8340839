import { pause } from '@stepcast/kit';
import type { Operator } from './operator.ts';

const INTERVAL_MS = 250;

/** Asks again until something is there, or the time is over. */
export async function waitUntil<T>(
  { clock, timers }: Pick<Operator, 'clock' | 'timers'>,
  limitMs: number,
  ask: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const deadlineMs = clock.nowMs() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || clock.nowMs() >= deadlineMs) return answer;
    await pause(timers, INTERVAL_MS);
  }
}
