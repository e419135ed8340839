/** What bounds the rounds of a part. */
export interface RoundsPlan {
  /** At most; at least one is measured. */
  readonly rounds: number;
  /** After this, counted as `seconds` counts, no round begins that would end later. Default: no limit. */
  readonly untilSeconds?: number | undefined;
  /** The time. */
  readonly seconds: () => number;
}

/**
 * Measures round by round. A round is expected to take as long as the one before.
 * @returns how many rounds there were
 */
export async function measureRounds(
  { rounds, untilSeconds = Infinity, seconds }: RoundsPlan,
  measure: (round: number) => Promise<void>,
): Promise<number> {
  for (let round = 1; ; round += 1) {
    const beganSeconds = seconds();
    await measure(round);
    const endedSeconds = seconds();
    if (round >= rounds || endedSeconds + (endedSeconds - beganSeconds) > untilSeconds) return round;
  }
}

/**
 * Runs something for at most `limitSeconds`; what goes on after that is ignored.
 * @throws Error when it takes longer
 */
export async function within(limitSeconds: number | undefined, run: () => Promise<void>): Promise<void> {
  if (limitSeconds === undefined) return run();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`it took longer than ${limitSeconds} s`));
  }, limitSeconds * 1_000);
  try {
    await Promise.race([run(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
