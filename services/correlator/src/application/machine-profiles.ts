import { executionArnParts, type ExecutionArn } from '@stepcast/contracts';
import type { Clock } from '@stepcast/kit';
import { LRUCache } from 'lru-cache';
import { learn, type Profile } from '../domain/percent.ts';
import type { ExecutionDirectory, MachineDescription } from '../ports/execution-directory.port.ts';
import type { MachineStore } from '../ports/machine-store.port.ts';
import type { Background } from './background.ts';

/** What is known of state machines: definition, log level, learned durations. One look-up a machine, shared. */
export interface MachineProfiles {
  /** What is known now. Asks in the background when nothing is, so that no record waits for it. */
  peek(executionArn: ExecutionArn): { readonly profile: Profile | undefined; readonly sparse: boolean };
  /** Asks and waits. */
  learnLevel(executionArn: ExecutionArn): Promise<MachineDescription | undefined>;
  /** Takes in how long states took. */
  observe(
    executionArn: ExecutionArn,
    stays: readonly { readonly name: string; readonly durationMs: number }[],
  ): void;
}

interface Known {
  readonly description: MachineDescription | undefined;
  readonly durations: Map<string, number>;
  readonly askedMs: number;
}

/** Definitions and log levels change with a deployment; after this long they are asked for again. */
const REFRESH_MS = 5 * 60_000;
/** Learned durations are written at most this often a machine. */
const SAVE_DELAY_MS = 10_000;
const MAX_MACHINES = 500;
const MAX_LEARNED_STATES = 500;

export function createMachineProfiles(options: {
  readonly directory: ExecutionDirectory;
  readonly store: MachineStore;
  readonly background: Background;
  readonly clock: Clock;
}): MachineProfiles {
  const { directory, store, background, clock } = options;
  const machines = new LRUCache<string, Known>({ max: MAX_MACHINES });
  const asking = new Map<string, Promise<Known>>();

  async function ask(machineArn: string, executionArn: ExecutionArn): Promise<Known> {
    const before = machines.get(machineArn);
    // Of an Express execution the API knows nothing; asking would only use up the budget.
    const [description, durations] = await Promise.all([
      executionArnParts(executionArn).kind === 'express' ? undefined : directory.machineOf(executionArn),
      before?.durations ?? store.durations(machineArn),
    ]);
    const known: Known = { description, durations: new Map(durations), askedMs: clock.nowMs() };
    machines.set(machineArn, known);
    return known;
  }

  function askOnce(executionArn: ExecutionArn): Promise<Known> {
    const machineArn = executionArnParts(executionArn).stateMachineArn;
    const before = asking.get(machineArn);
    if (before !== undefined) return before;
    const asked = ask(machineArn, executionArn).finally(() => asking.delete(machineArn));
    asking.set(machineArn, asked);
    return asked;
  }

  function fresh(machineArn: string): Known | undefined {
    const known = machines.get(machineArn);
    return known !== undefined && clock.nowMs() - known.askedMs < REFRESH_MS ? known : undefined;
  }

  return {
    peek(executionArn) {
      const machineArn = executionArnParts(executionArn).stateMachineArn;
      if (fresh(machineArn) === undefined) {
        background.after(`machine:${machineArn}`, 0, async () => {
          await askOnce(executionArn);
        });
      }
      const known = machines.get(machineArn);
      const machine = known?.description?.machine;
      const level = known?.description?.logLevel;
      return {
        profile:
          known === undefined || machine === undefined ? undefined : { machine, durations: known.durations },
        sparse: level === 'ERROR' || level === 'FATAL',
      };
    },
    async learnLevel(executionArn) {
      const known = fresh(executionArnParts(executionArn).stateMachineArn) ?? (await askOnce(executionArn));
      return known.description;
    },
    observe(executionArn, stays) {
      const machineArn = executionArnParts(executionArn).stateMachineArn;
      const known = machines.get(machineArn);
      if (known === undefined || stays.length === 0) return;
      for (const { name, durationMs } of stays) {
        const mean = known.durations.get(name);
        if (mean === undefined && known.durations.size >= MAX_LEARNED_STATES) continue;
        known.durations.set(name, learn(mean, durationMs));
      }
      background.after(`durations:${machineArn}`, SAVE_DELAY_MS, async () => {
        const latest = machines.get(machineArn);
        if (latest !== undefined) await store.saveDurations(machineArn, latest.durations);
      });
    },
  };
}
