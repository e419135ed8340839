import { DEED_KINDS } from './nemesis-plan.ts';
import { FORMS, type Form } from './options.ts';
import type { RunOptions } from './run.ts';

/** What `npm test` runs: a handful of kills and of everything else, over in about twenty seconds. */
export function shortForm(form: Form, seed: number): RunOptions {
  return {
    form,
    copies: FORMS[form],
    seed,
    chaosMs: 7_000,
    killEveryMs: 1_200,
    leastKills: 2,
    maxFaultMs: 2_000,
    settleMs: 240_000,
    guests: 1,
    inFlight: 2,
    recorded: true,
    overrides: {},
    kinds: new Set(DEED_KINDS),
    // A killed consumer holds its messages for a minute in AWS.
    maxVisibilitySeconds: 4,
    quietMs: 3_000,
    sweepIntervalMs: 1_000,
    say: () => undefined,
    onLog: () => undefined,
  };
}
