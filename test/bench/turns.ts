import type { Bench } from './bench.ts';
import { cpuMicros, type Measured, type Target } from './target.ts';

const MIN_EVENTS = 50;
const MAX_EVENTS = 200_000;

/** How many events a target takes in a while, by what it took before. */
class Pace {
  #eventsPerMs = 2;

  eventsIn(ms: number): number {
    return Math.min(MAX_EVENTS, Math.max(MIN_EVENTS, Math.round(this.#eventsPerMs * ms)));
  }

  learn(one: Measured): void {
    this.#eventsPerMs = one.events / Math.max(1, one.wallSeconds * 1_000);
  }
}

/** Whether the last three cost the same within `tolerance`. */
export function isSteady(costs: readonly number[], tolerance: number): boolean {
  const last = costs.slice(-3);
  return last.length === 3 && Math.max(...last) <= Math.min(...last) * (1 + tolerance);
}

/** Measures slices until three in a row cost the same, or the time for that is over. */
async function warmUp(bench: Bench, target: Target, pace: Pace): Promise<Measured | undefined> {
  const { sliceMs, tolerance, maxMs } = bench.plan.warmUp;
  const costs: number[] = [];
  let last: Measured | undefined;
  const beganMs = performance.now();
  while (!isSteady(costs, tolerance)) {
    if (performance.now() - beganMs > maxMs) {
      const [low, high] = [Math.min(...costs.slice(-3)), Math.max(...costs.slice(-3))];
      bench.say(`${target.name}: not steady after ${maxMs / 1_000} s (${low.toFixed(0)}–${high.toFixed(0)} µs)`);
      break;
    }
    last = await target.measure(pace.eventsIn(sliceMs));
    pace.learn(last);
    costs.push(cpuMicros(last));
  }
  return last;
}

/**
 * Measures several targets in turns, round by round, so that what else the machine does falls on all of them. What a
 * target does between its turns because of the turn before counts for that.
 */
export async function inTurns<Name extends string>(
  bench: Bench,
  targets: Readonly<Record<Name, Target>>,
  options: {
    /** Called with the last slice of each target's warm-up. */
    readonly onWarm?: (name: Name, last: Measured) => Promise<void>;
    /** Called after each measurement. */
    readonly onMeasured?: (name: Name, one: Measured) => Promise<void>;
  } = {},
): Promise<(name: Name) => readonly Measured[]> {
  const { rounds, windowMs } = bench.plan;
  const names = Object.keys(targets).filter((name): name is Name => name in targets);
  const paces = new Map(names.map((name) => [name, new Pace()]));
  const measured = new Map<Name, Measured[]>(names.map((name) => [name, []]));
  for (const name of names) {
    const last = await warmUp(bench, targets[name], paces.get(name) ?? new Pace());
    if (last !== undefined) await options.onWarm?.(name, last);
  }
  bench.say('warmed up');

  /** Adds to the last measurement what it has cost since. */
  async function settle(name: Name): Promise<void> {
    const all = measured.get(name) ?? [];
    const last = all.at(-1);
    if (last === undefined) return;
    all[all.length - 1] = { ...last, cpuSeconds: last.cpuSeconds + (await targets[name].later()) };
  }

  for (let round = 1; round <= rounds; round += 1) {
    for (const name of names) {
      await settle(name);
      const pace = paces.get(name) ?? new Pace();
      const one = await targets[name].measure(pace.eventsIn(windowMs));
      pace.learn(one);
      measured.get(name)?.push(one);
      await options.onMeasured?.(name, one);
    }
    bench.say(`round ${round} of ${rounds} done`);
  }
  for (const name of names) await settle(name);
  return (name) => measured.get(name) ?? [];
}
