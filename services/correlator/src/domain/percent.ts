import type { StepRef } from '@stepcast/contracts';
import { hasEnded, type ExecutionFold, type Lane, type Visit } from './execution-fold.ts';

/** One state of a definition, as far as progress is concerned. */
export interface ProfileState {
  readonly type: StepRef['type'];
  /** Where it may go on to without an error: `Next`, `Default`, the `Choices`. */
  readonly next: readonly string[];
  /** Branches of a Parallel, or the one item processor of a Map. */
  readonly inner: readonly ProfileMachine[];
}

export interface ProfileMachine {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, ProfileState>;
}

/** Learned mean duration of each state in milliseconds, by name. Names are unique within a state machine. */
export type Durations = ReadonlyMap<string, number>;

/** A definition together with what was learned of it. */
export interface Profile {
  readonly machine: ProfileMachine;
  readonly durations: Durations;
}

export interface Progress {
  readonly percent: number | null;
  readonly etaSeconds: number | null;
}

/** A definition with the weight of each way through it. */
interface Plan {
  readonly weightOf: (name: string, state: ProfileState) => number;
  /** Weights are milliseconds, learned from earlier runs. Else they are numbers of states. */
  readonly learned: boolean;
  readonly ways: Map<ProfileMachine, Ways>;
}

/** Weight of the heaviest way from each state to an end, the state included; null where every way ends in a Fail. */
type Ways = ReadonlyMap<string, number | null>;

const plans = new WeakMap<Profile, Plan>();

function planOf(profile: Profile): Plan {
  const before = plans.get(profile);
  if (before !== undefined) return before;
  const plan = newPlan(profile);
  plans.set(profile, plan);
  return plan;
}

function newPlan({ machine, durations }: Profile): Plan {
  const ways = new Map<ProfileMachine, Ways>();
  // Durations are believed when one run has come to an end: a first run that learned as it goes would weigh what lies
  // behind it in milliseconds and what lies ahead by guess, and its percentage would stand still at each surprise.
  const learned = [...machine.states].some(([name, state]) => isGoodEnd(state) && durations.has(name));
  if (!learned) {
    const plan: Plan = { ways, learned, weightOf: (_name, state) => 1 + inside(plan, state) };
    return plan;
  }
  const mean = [...durations.values()].reduce((sum, one) => sum + one, 0) / durations.size;
  // A state that has never run counts like the average one; no state counts for nothing.
  return { ways, learned, weightOf: (name) => Math.max(1, durations.get(name) ?? mean) };
}

function isGoodEnd({ type, next }: ProfileState): boolean {
  return next.length === 0 && type !== 'Fail';
}

/** Weight of what is inside of a Map or Parallel: one iteration, the heaviest branch. */
function inside(plan: Plan, { inner }: ProfileState): number {
  return Math.max(0, ...inner.map((machine) => waysOf(plan, machine).get(machine.startAt) ?? 0));
}

function waysOf(plan: Plan, machine: ProfileMachine): Ways {
  const before = plan.ways.get(machine);
  if (before !== undefined) return before;
  const ways = new Map<string, number | null>();
  const open = new Set<string>();
  const visit = (name: string): number | null => {
    const known = ways.get(name);
    if (known !== undefined) return known;
    const state = machine.states.get(name);
    // A way that loops back counts once.
    if (state === undefined || open.has(name)) return 0;
    open.add(name);
    const onwards = state.next.map(visit).filter((way) => way !== null);
    open.delete(name);
    const leadsOn = isGoodEnd(state) || onwards.length > 0;
    const way = leadsOn ? plan.weightOf(name, state) + Math.max(0, ...onwards) : null;
    ways.set(name, way);
    return way;
  };
  // From the start, so that a loop counts where it is entered; then what only a Catch leads to.
  for (const name of [machine.startAt, ...machine.states.keys()]) visit(name);
  plan.ways.set(machine, ways);
  return ways;
}

interface Position {
  /** 0 to 1. */
  readonly done: number;
  /** Weight of what lies ahead. */
  readonly left: number;
}

/** Where a lane is on its way; undefined where that is no progress (on the way to a Fail) or not known. */
function positionOf(
  fold: ExecutionFold,
  plan: Plan,
  machine: ProfileMachine,
  lane: Lane,
): Position | undefined {
  const ways = waysOf(plan, machine);
  const total = ways.get(machine.startAt) ?? 0;
  const visit = visitOf(fold, lane);
  const name = visit?.name ?? lane.after;
  if (name === null) return { done: 0, left: total };
  const state = machine.states.get(name);
  const ahead = ways.get(name) ?? null;
  if (state === undefined || ahead === null) return undefined;
  const over = visit === undefined ? 1 : partOver(fold, plan, state, visit);
  const left = Math.max(0, ahead - over * plan.weightOf(name, state));
  return { done: total === 0 ? 0 : Math.max(0, 1 - left / total), left };
}

function visitOf(fold: ExecutionFold, lane: Lane): Visit | undefined {
  return lane.visit === null ? undefined : fold.visits.get(lane.visit);
}

/**
 * How much of a state is over. A Map or Parallel is measured by what is inside of it. Any other state is over when it is left, and
 * before that as far as its own code reports.
 */
function partOver(fold: ExecutionFold, plan: Plan, { inner }: ProfileState, visit: Visit): number {
  // Asked for each open iteration of a Map: the lanes are gone through only where one may be inside.
  if (visit.type !== 'Map' && visit.type !== 'Parallel')
    return visit.failure === null ? (visit.reported ?? 0) : 0;
  let running = 0;
  for (const lane of fold.lanes.values()) {
    if (lane.parent !== visit.id) continue;
    const name = visitOf(fold, lane)?.name ?? lane.after;
    const machine = inner.find((one) => name !== null && one.states.has(name));
    if (machine !== undefined) running += positionOf(fold, plan, machine, lane)?.done ?? 0;
  }
  if (visit.type === 'Parallel') return running / Math.max(1, inner.length);
  const total = visit.iterations?.total ?? null;
  if (visit.iterations === null || total === null) return 0;
  const { succeeded, failed } = visit.iterations;
  // Iterations that have succeeded are counted and their lanes gone. Only a distributed Map goes on after failures.
  const over = succeeded + (fold.mapRuns.has(visit.id) ? failed : 0);
  return Math.min(1, (over + running) / total);
}

/** 1 - 4 / 5 is a little less than a fifth. */
const ROUNDING = 1e-9;

/**
 * How far an execution has come: what lies behind the place it is at, as a part of the heaviest way through the
 * definition that ends well. A Map counts by its iterations, each of which counts in part while it runs; a Parallel by
 * its branches; a step that reports its own progress by that, as long as the attempt lasts. A shorter way makes the percentage jump ahead, never fall back: it is the highest seen so far. It stays
 * where it was on the way to a failure, and after it.
 * @returns percent null when there is no definition; etaSeconds null unless a run has come to an end before
 */
export function measure(fold: ExecutionFold, profile: Profile | undefined): Progress {
  if (fold.status === 'succeeded') return { percent: 100, etaSeconds: null };
  const unchanged: Progress = { percent: fold.percent, etaSeconds: null };
  const root = fold.lanes.get(0);
  if (profile === undefined || root === undefined || hasEnded(fold)) return unchanged;
  const plan = planOf(profile);
  const position = positionOf(fold, plan, profile.machine, root);
  if (position === undefined) return unchanged;
  // 100 is for success alone.
  const percent = Math.max(fold.percent ?? 0, Math.min(99, Math.floor(position.done * 100 + ROUNDING)));
  return { percent, etaSeconds: plan.learned && fold.started ? Math.ceil(position.left / 1000) : null };
}

/** How much one more run counts in a learned duration. */
const LEARNING_RATE = 0.2;

/** The mean after one more observation: exponentially weighted, so that it follows a workflow that changes. */
export function learn(meanMs: number | undefined, durationMs: number): number {
  return meanMs === undefined ? durationMs : Math.round(meanMs + LEARNING_RATE * (durationMs - meanMs));
}
