import type { Clock } from '../clock.ts';

/** AWS refuses signatures that are 5 minutes off (15 in some services). The SDK corrects from 4 minutes on, as this does. */
const TOLERANCE_MS = 240_000;
/** An answer that took longer says nothing about the clock: the process was suspended meanwhile, as Lambda does. */
const MAX_AGE_MS = 900_000;

/** What an answer says about the time. */
export interface AnswerTime {
  /** The `Date` header. */
  readonly date: string | undefined;
  /** Whether there was an `Age` header: a cache answered, so `Date` is not now. */
  readonly cached: boolean;
  /** {@link ServiceClock.nowMs} when the request was signed. */
  readonly signedAtMs: number;
  /** The local clock when the request was signed. */
  readonly sentAtMs: number;
}

/** The service's clock: the local one, corrected by what the service's answers say. */
export interface ServiceClock {
  nowMs(): number;
  /**
   * Takes the correction from an answer.
   * @returns whether the request's signature was so far off that signing again can help
   */
  learn(answer: AnswerTime): boolean;
}

export function createServiceClock(clock: Clock): ServiceClock {
  let offsetMs = 0;
  return {
    nowMs: () => clock.nowMs() + offsetMs,
    learn({ date, cached, signedAtMs, sentAtMs }) {
      const serverMs = cached || date === undefined ? Number.NaN : Date.parse(date);
      const nowMs = clock.nowMs();
      const tookMs = nowMs - sentAtMs;
      if (Number.isNaN(serverMs) || Math.abs(tookMs) > MAX_AGE_MS) return false;
      if (Math.abs(serverMs - nowMs - offsetMs) >= TOLERANCE_MS) offsetMs = serverMs - nowMs;
      // Held against the signature and not the offset: another answer may have corrected the offset meanwhile.
      return Math.abs(serverMs - signedAtMs - tookMs) >= TOLERANCE_MS;
    },
  };
}
