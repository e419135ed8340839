import type { Bench } from './bench.ts';
import type { PartName } from './options.ts';
import { cpuMicros, type Measured, type Target } from './target.ts';

const MIN_EVENTS = 50;
const MAX_EVENTS = 200_000;

/** How many events a target takes in a while, by what it took before. */
class Pace {
  readonly #waits: boolean;
  #eventsPerMs = 0.5;

  constructor(target: Target) {
    this.#waits = target.waits;
  }

  eventsIn(ms: number): number {
    return Math.min(MAX_EVENTS, Math.max(MIN_EVENTS, Math.round(this.#eventsPerMs * ms)));
  }

  learn(one: Measured): void {
    // Not by the clock, unless there is little else: what is due later would make runs shorter and shorter.
    const seconds = this.#waits ? one.wallSeconds : one.cpuSeconds;
    this.#eventsPerMs = one.events / Math.max(1, seconds * 1_000);
  }
}

/** Whether the last three cost the same within `tolerance`. */
export function isSteady(costs: readonly number[], tolerance: number): boolean {
  const last = costs.slice(-3);
  return last.length === 3 && Math.max(...last) <= Math.min(...last) * (1 + tolerance);
}

/** Measures slices until three in a row cost the same, or the time for that is over. */
async function warmUp(bench: Bench, target: Target, pace: Pace): Promise<Measured> {
  const { sliceMs, tolerance, maxMs } = bench.plan.warmUp;
  const costs: number[] = [];
  const beganMs = performance.now();
  for (;;) {
    const last = await target.measure(pace.eventsIn(sliceMs));
    pace.learn(last);
    costs.push(cpuMicros(last));
    if (target.waits || isSteady(costs, tolerance)) return last;
    if (performance.now() - beganMs <= maxMs) continue;
    const some = costs.slice(-3).map((cost) => cost.toFixed(0));
    bench.note(`${target.name} was not steady after ${maxMs / 1_000} s: ${some.join(', ')} µs an event`);
    return last;
  }
}

/**
 * Measures several targets in turns, round by round, so that what else the machine does falls on all of them.
 */
export async function inTurns<Name extends string>(
  bench: Bench,
  part: PartName,
  targets: Readonly<Partial<Record<Name, Target>>>,
  options: {
    /** Called with the last slice of each target's warm-up. */
    readonly onWarm?: (name: Name, last: Measured) => Promise<void>;
    /** Called after each measurement. */
    readonly onMeasured?: (name: Name, one: Measured) => Promise<void>;
  } = {},
): Promise<(name: Name) => readonly Measured[]> {
  const { windowMs } = bench.plan;
  const racers: Racer<Name>[] = [];
  for (const key of Object.keys(targets)) {
    if (!isNameOf(targets, key)) continue;
    const target = targets[key];
    if (target !== undefined) racers.push({ name: key, target, pace: new Pace(target), measured: [] });
  }
  for (const { name, target, pace } of racers)
    await options.onWarm?.(name, await warmUp(bench, target, pace));
  bench.say('warmed up');

  await bench.rounds(part, async () => {
    for (const racer of racers) {
      const one = await racer.target.measure(racer.pace.eventsIn(windowMs));
      racer.pace.learn(one);
      racer.measured.push(one);
      await options.onMeasured?.(racer.name, one);
    }
  });
  return (name) => racers.find((racer) => racer.name === name)?.measured ?? [];
}

interface Racer<Name> {
  readonly name: Name;
  readonly target: Target;
  readonly pace: Pace;
  readonly measured: Measured[];
}

function isNameOf<Name extends string>(targets: Partial<Record<Name, Target>>, key: string): key is Name {
  return key in targets;
}
