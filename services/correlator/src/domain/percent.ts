import type { StepRef } from '@stepcast/contracts';
import type { ExecutionFold, Lane, Visit } from './execution-fold.ts';

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

interface Weights {
  readonly of: (name: string) => number;
  /** Whether weights are milliseconds, learned from earlier runs. */
  readonly learned: boolean;
}

function weightsOf({ durations }: Profile): Weights {
  if (durations.size === 0) return { of: () => 1, learned: false };
  const mean = [...durations.values()].reduce((sum, one) => sum + one, 0) / durations.size;
  // A state that has never run counts like the average one; no state counts for nothing.
  return { of: (name) => Math.max(1, durations.get(name) ?? mean), learned: true };
}

/** Weight of the heaviest way from a state to an end, the state included. A way that loops back counts once. */
function remaining(machine: ProfileMachine, weights: Weights, from: string): number {
  const known = new Map<string, number>();
  const open = new Set<string>();
  const visit = (name: string): number => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const state = machine.states.get(name);
    if (state === undefined || open.has(name)) return 0;
    open.add(name);
    const total = weights.of(name) + Math.max(0, ...state.next.map(visit));
    open.delete(name);
    known.set(name, total);
    return total;
  };
  return visit(from);
}

function laneFraction(
  fold: ExecutionFold,
  machine: ProfileMachine,
  weights: Weights,
  lane: Lane,
): { readonly done: number; readonly left: number } {
  const total = remaining(machine, weights, machine.startAt);
  if (total === 0) return { done: 0, left: 0 };
  const visit = lane.visit === null ? undefined : fold.visits.get(lane.visit);
  const name = visit?.name ?? lane.after;
  if (name === null || !machine.states.has(name)) return { done: 0, left: total };
  const inside = visit === undefined ? 1 : visitFraction(fold, machine, weights, visit);
  const left = remaining(machine, weights, name) - inside * weights.of(name);
  return { done: Math.max(0, Math.min(1, 1 - left / total)), left: Math.max(0, left) };
}

/** How much of a Map or Parallel is over. Any other state is over when it is left, and not before. */
function visitFraction(fold: ExecutionFold, machine: ProfileMachine, weights: Weights, visit: Visit): number {
  const inner = machine.states.get(visit.name)?.inner ?? [];
  const lanes = [...fold.lanes.values()].filter((lane) => lane.parent === visit.id);
  const running = lanes.reduce((sum, lane) => {
    const own = inner.find((one) => belongsTo(fold, one, lane));
    return sum + (own === undefined ? 0 : laneFraction(fold, own, weights, lane).done);
  }, 0);
  if (visit.type === 'Parallel') return inner.length === 0 ? 0 : Math.min(1, running / inner.length);
  const { iterations } = visit;
  if (iterations?.total === null || iterations?.total === undefined) return 0;
  // Iterations that have ended are counted and their lanes gone.
  return Math.min(1, (iterations.succeeded + iterations.failed + running) / iterations.total);
}

function belongsTo(fold: ExecutionFold, machine: ProfileMachine, lane: Lane): boolean {
  const visit = lane.visit === null ? undefined : fold.visits.get(lane.visit);
  const name = visit?.name ?? lane.after;
  return name !== null && machine.states.has(name);
}

/**
 * How far an execution has come: what lies behind the place it is at, as a part of the heaviest way through the
 * definition. A shorter way than that makes the percentage jump ahead, never fall back: it is the highest seen so far.
 * @returns percent null when there is no definition; etaSeconds null unless durations were learned
 */
export function measure(fold: ExecutionFold, profile: Profile | undefined): Progress {
  if (fold.status === 'succeeded') return { percent: 100, etaSeconds: null };
  const root = fold.lanes.get(0);
  if (profile === undefined || root === undefined) return { percent: fold.percent, etaSeconds: null };
  const weights = weightsOf(profile);
  const { done, left } = laneFraction(fold, profile.machine, weights, root);
  // 100 is for success alone.
  const percent = Math.max(fold.percent ?? 0, Math.min(99, Math.floor(done * 100)));
  return { percent, etaSeconds: weights.learned && fold.started ? Math.ceil(left / 1000) : null };
}

/** How much one more run counts in a learned duration. */
const LEARNING_RATE = 0.2;

/** The mean after one more observation: exponentially weighted, so that it follows a workflow that changes. */
export function learn(meanMs: number | undefined, durationMs: number): number {
  return meanMs === undefined ? durationMs : Math.round(meanMs + LEARNING_RATE * (durationMs - meanMs));
}
