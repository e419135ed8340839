import type { ExecutionArn } from '@stepcast/contracts';
import { createLru, type Clock } from '@stepcast/kit';
import { learn, type Profile } from '../domain/percent.ts';
import type { ExecutionDirectory, MachineDescription } from '../ports/execution-directory.port.ts';
import type { MachineStore } from '../ports/machine-store.port.ts';
import type { FollowUp } from './follow-ups.ts';
import { machineOf } from './machine-refs.ts';

/** What is known of an execution's state machine at this moment. */
export interface PeekedProfile {
  /** The same object for as long as nothing has changed. */
  readonly profile: Profile | undefined;
  /** It is logged at ERROR or FATAL. */
  readonly sparse: boolean;
  /** To learn what is not known, or known for long. */
  readonly followUps: readonly FollowUp[];
}

interface KnownMachine {
  readonly description: MachineDescription | undefined;
  readonly askedMs: number;
  /** With the durations as they were stored last. */
  readonly profile: Profile | undefined;
  /** What runs have taught since. */
  readonly durations: Map<string, number>;
  /** When those that were said to be saved last are due: until then it need not be said again. */
  saveDueMs: number;
}

/** Definitions and log levels change with a deployment; after this long they are read again. */
const REFRESH_MS = 5 * 60_000;
/** Learned durations are stored, and used, this long after a run has taught them. */
const SAVE_DELAY_MS = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_LEARNED_STATES = 500;
const NOTHING_TO_LEARN: readonly FollowUp[] = [];

/** An estimate: a state is known by its name in the definition, and again with its duration. */
function bytesOf({ profile, durations }: KnownMachine): number {
  return 1_000 + 300 * (profile?.machine.states.size ?? 0) + 150 * durations.size;
}

/** What is known of state machines: definition, log level, learned durations. Read once for each machine, in the background. */
export class MachineProfiles {
  readonly #directory: ExecutionDirectory;
  readonly #store: MachineStore;
  readonly #clock: Clock;
  readonly #machines = createLru<string, KnownMachine>({ maxBytes: MAX_BYTES, bytesOf });
  readonly #asking = new Map<string, Promise<KnownMachine>>();

  constructor(options: {
    readonly directory: ExecutionDirectory;
    readonly store: MachineStore;
    readonly clock: Clock;
  }) {
    this.#directory = options.directory;
    this.#store = options.store;
    this.#clock = options.clock;
  }

  /** What is known now, so that no record waits for a call. */
  peek(executionArn: ExecutionArn): PeekedProfile {
    const machineArn = machineArnOf(executionArn);
    const known = this.#machines.get(machineArn);
    const level = known?.description?.logLevel;
    return {
      profile: known?.profile,
      sparse: level === 'ERROR' || level === 'FATAL',
      followUps: this.#isFresh(known)
        ? NOTHING_TO_LEARN
        : [{ kind: 'describeMachine', machineArn, executionArn, afterMs: 0 }],
    };
  }

  /** Reads what is not known, and waits for it. */
  async describe(executionArn: ExecutionArn): Promise<MachineDescription | undefined> {
    const machineArn = machineArnOf(executionArn);
    const known = this.#machines.get(machineArn);
    if (known !== undefined && this.#isFresh(known)) return known.description;
    const asked = this.#asking.get(machineArn) ?? this.#ask(machineArn, executionArn);
    this.#asking.set(machineArn, asked);
    try {
      return (await asked).description;
    } finally {
      this.#asking.delete(machineArn);
    }
  }

  /** Takes in how long states took. */
  observe(
    executionArn: ExecutionArn,
    durations: readonly { readonly name: string; readonly durationMs: number }[],
  ): readonly FollowUp[] {
    if (durations.length === 0) return NOTHING_TO_LEARN;
    const machineArn = machineArnOf(executionArn);
    const known = this.#machines.get(machineArn);
    if (known === undefined) return NOTHING_TO_LEARN;
    for (const { name, durationMs } of durations) {
      const mean = known.durations.get(name);
      if (mean === undefined && known.durations.size >= MAX_LEARNED_STATES) continue;
      known.durations.set(name, learn(mean, durationMs));
    }
    const nowMs = this.#clock.nowMs();
    if (nowMs < known.saveDueMs) return NOTHING_TO_LEARN;
    known.saveDueMs = nowMs + SAVE_DELAY_MS;
    return [{ kind: 'saveDurations', machineArn, afterMs: SAVE_DELAY_MS }];
  }

  /** Stores what runs have taught, and measures by it from now on. */
  async saveDurations(machineArn: string): Promise<void> {
    const known = this.#machines.get(machineArn);
    if (known === undefined) return;
    this.#machines.set(machineArn, { ...known, profile: profileOf(known.description, known.durations) });
    await this.#store.saveDurations(machineArn, known.durations);
  }

  #isFresh(known: KnownMachine | undefined): boolean {
    return known !== undefined && this.#clock.nowMs() - known.askedMs < REFRESH_MS;
  }

  async #ask(machineArn: string, executionArn: ExecutionArn): Promise<KnownMachine> {
    const before = this.#machines.get(machineArn);
    // The API does not know Express executions; asking would only use up the budget.
    const [description, stored] = await Promise.all([
      machineOf(executionArn).kind === 'express' ? undefined : this.#directory.machineOf(executionArn),
      before?.durations ?? this.#store.durations(machineArn),
    ]);
    const durations = new Map(stored);
    const profile = profileOf(description, durations);
    const known = { description, profile, durations, askedMs: this.#clock.nowMs(), saveDueMs: 0 };
    this.#machines.set(machineArn, known);
    return known;
  }
}

function machineArnOf(executionArn: ExecutionArn): string {
  return machineOf(executionArn).stateMachineArn;
}

function profileOf(
  description: MachineDescription | undefined,
  durations: ReadonlyMap<string, number>,
): Profile | undefined {
  const machine = description?.machine;
  return machine === undefined ? undefined : { machine, durations: new Map(durations) };
}
