import { seededRandom } from '@stepcast/correlator/testing';
import { Canaries } from './canaries.ts';
import { additionOf, watchLags, type Addition } from './lags.ts';
import { startLoad } from './load.ts';
import { FORMS, type Form } from './options.ts';
import { pauseFor, untilNothingMissing } from './wait-until.ts';
import { startChaosWorld, type ChaosWorld } from './world.ts';

/** What a rolling restart may add to any upload (docs/operations/rolling-deployment.md). */
export const MAX_ADDED_MS = 10_000;

export interface RollingOptions {
  readonly form: Form;
  /** How often each process is replaced, one after another. */
  readonly rounds: number;
  /** How long uploads run before the first restart, and after each. */
  readonly calmMs: number;
  /** Uploads under way at a time, for each of three people. */
  readonly inFlight: number;
  readonly say: (line: string) => void;
}

export interface RollingReport extends Addition {
  readonly form: Form;
  readonly restarts: number;
  /** Processes that crashed or did not drain in time. */
  readonly mishaps: readonly string[];
}

/** How long the uploads that are under way at the end may take. */
const ENDS_MS = 120_000;

/**
 * Replaces every process as ECS does, while people upload: a new one starts, and when it is ready the old one gets SIGTERM.
 * Nothing else is done to anything.
 */
export async function runRolling(options: RollingOptions): Promise<RollingReport> {
  const canaries = new Canaries(`rolling${options.form}`);
  const world = await startChaosWorld({
    canaries,
    guests: 1,
    copies: FORMS[options.form],
    paces: { quietMs: 30_000, sweepIntervalMs: 10_000 },
    overrides: {},
    // As in AWS: what an old process did not give back would be hidden for as long as it asked for.
    maxVisibilitySeconds: undefined,
    onLog: () => undefined,
  });
  try {
    return await restartAll(world, canaries, options);
  } finally {
    await world.stop();
  }
}

async function restartAll(
  { sandbox, applications, fleet }: ChaosWorld,
  canaries: Canaries,
  { form, rounds, calmMs, inFlight, say }: RollingOptions,
): Promise<RollingReport> {
  const watched = await watchLags(sandbox);
  const load = startLoad({
    applications,
    bucket: sandbox.info.bucket,
    inFlight,
    canaries,
    random: seededRandom(1),
  });
  await pauseFor(calmMs);
  const beganMs = Date.now();
  let restarts = 0;
  for (let round = 1; round <= rounds; round += 1)
    for (const slot of fleet.slots) {
      const { stopped } = await fleet.replace(slot, 0);
      await stopped;
      restarts += 1;
      say(`${form}: ${slot.name} replaced, round ${round} of ${rounds}`);
      await pauseFor(calmMs);
    }
  await load.stop();
  await untilNothingMissing('the ends of all uploads', () => load.open(), ENDS_MS);
  const addition = additionOf(watched.lags, beganMs);
  await watched.close();
  const mishaps = fleet.mishaps.map(({ kind, name, detail }) => `${kind} ${name}: ${detail}`);
  return { ...addition, form, restarts, mishaps };
}
