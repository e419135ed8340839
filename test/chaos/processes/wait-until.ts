/** Thrown when a condition did not come about in time; the message names what was missing. */
export class NotInTimeError extends Error {
  readonly code = 'CHAOS_NOT_IN_TIME';
  readonly retryable = false;
  constructor(what: string, timeoutMs: number, missing: string) {
    super(`${what}: not within ${Math.round(timeoutMs / 1000)} s; missing: ${missing}`);
    this.name = 'NotInTimeError';
  }
}

/** How often a condition in another process is asked for: there is nothing to subscribe to. */
const ASK_EVERY_MS = 100;

/**
 * Resolves when nothing is missing any more.
 * @param missing what is still missing, in words; undefined when nothing is
 * @throws NotInTimeError after `timeoutMs`
 */
export async function untilNothingMissing(
  what: string,
  missing: () => string | undefined | Promise<string | undefined>,
  timeoutMs: number,
): Promise<void> {
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    const lacking = await missing();
    if (lacking === undefined) return;
    if (performance.now() > endsAt) throw new NotInTimeError(what, timeoutMs, lacking);
    await pauseFor(ASK_EVERY_MS);
  }
}

/** The pace of a schedule, never a wait for something to have happened. Ends early, without an error, on abort. */
export function pauseFor(delayMs: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal?.aborted === true) return Promise.resolve();
  const timer = setTimeout(done, delayMs);
  signal?.addEventListener('abort', done, { once: true });
  function done() {
    clearTimeout(timer);
    signal?.removeEventListener('abort', done);
    resolve();
  }
  return promise;
}
