import type { ExecutionArn } from '@stepcast/contracts';
import type { ExecutionRecord } from '@stepcast/wire';
import type { Clock } from '@stepcast/kit';
import { LRUCache } from 'lru-cache';
import { evidenceOf } from '../domain/extractors/input-evidence.ts';
import type { StatusFact } from '../domain/fold-status.ts';
import type { Assignment } from '../domain/ownership.ts';
import { parkedItem, runs, type ParkedItem } from '../domain/parked.ts';
import type { ExecutionStore } from '../ports/execution-store.port.ts';

/** What is in memory of one execution. */
export interface Known {
  assignment: Assignment | undefined;
  parked: readonly ParkedItem[];
  readonly firstSeenMs: number;
  readonly loadedMs: number;
  /** Why the owner is not proven, for whoever reads the dead letter. */
  reason: string;
  /** Step Functions was asked for the input; the answer does not change. */
  described: boolean;
  /** It is on the watch list, as far as this process put it there. */
  watched: boolean;
}

/** What is known of executions: kept in memory for a while, and in the store for good. */
export interface ExecutionMemory {
  /** From the store, as of now. */
  load(executionArn: ExecutionArn): Promise<Known>;
  /** From memory if it was read lately. */
  recall(executionArn: ExecutionArn): Promise<Known>;
  /**
   * What is known when an execution's input has just come: enough to prove its owner. Whoever assigns an owner learns of
   * an assignment made before, and looks afterwards for what is kept; so nothing need be read first.
   */
  begin(executionArn: ExecutionArn): Known;
  peek(executionArn: ExecutionArn): Known | undefined;
  forget(executionArn: ExecutionArn): void;
  /** Keeps durably, and in memory. Of an input only the evidence in it is kept. */
  park(
    executionArn: ExecutionArn,
    known: Known,
    what: {
      readonly records: readonly ExecutionRecord[];
      readonly statuses: readonly StatusFact[];
      readonly input?: string | undefined;
    },
  ): Promise<void>;
}

/** What is known of an execution is read again after this long: another correlator may have quarantined it. */
const REFRESH_MS = 60_000;

const UNKNOWN = {
  assignment: undefined,
  parked: [],
  reason: 'no input has come',
  described: false,
  watched: false,
};

export function createExecutionMemory(options: {
  readonly executions: ExecutionStore;
  readonly clock: Clock;
  readonly maxExecutions: number;
}): ExecutionMemory {
  const { executions, clock } = options;
  const cache = new LRUCache<ExecutionArn, Known>({ max: options.maxExecutions });

  async function load(executionArn: ExecutionArn): Promise<Known> {
    const before = cache.get(executionArn);
    const { assignment, parked } = await executions.load(executionArn);
    const nowMs = clock.nowMs();
    const known: Known = {
      ...UNKNOWN,
      ...before,
      assignment,
      // Of a quarantined execution what is kept stays in the store for good; it is counted once, when it is let go here.
      parked: assignment?.kind === 'quarantined' && before !== undefined ? before.parked : parked,
      firstSeenMs: Math.min(before?.firstSeenMs ?? nowMs, ...parked.map((item) => item.parkedMs)),
      loadedMs: nowMs,
    };
    cache.set(executionArn, known);
    return known;
  }

  return {
    load,
    begin(executionArn) {
      const nowMs = clock.nowMs();
      const known: Known = { ...UNKNOWN, firstSeenMs: nowMs, loadedMs: nowMs };
      cache.set(executionArn, known);
      return known;
    },
    async recall(executionArn) {
      const known = cache.get(executionArn);
      if (known !== undefined && clock.nowMs() - known.loadedMs < REFRESH_MS) return known;
      return load(executionArn);
    },
    peek: (executionArn) => cache.peek(executionArn),
    forget(executionArn) {
      cache.delete(executionArn);
    },
    async park(executionArn, known, { records, statuses, input }) {
      const parkedMs = clock.nowMs();
      const item = (content: Partial<ParkedItem>) =>
        parkedItem({
          parkedMs,
          records: [],
          statuses: [],
          evidence: undefined,
          inputSeen: false,
          ...content,
        });
      const items = runs(records).map((run) => item({ records: run }));
      if (statuses.length > 0 || input !== undefined) {
        const evidence = input === undefined ? undefined : evidenceOf(input);
        items.push(item({ statuses, evidence, inputSeen: input !== undefined }));
      }
      await executions.park(executionArn, items);
      const keys = new Set(items.map((one) => one.key));
      known.parked = [...known.parked.filter((one) => !keys.has(one.key)), ...items];
    },
  };
}

/** Everything kept of an execution, as one list. */
export function keptRecords(known: Pick<Known, 'parked'>): ExecutionRecord[] {
  return known.parked.flatMap((item) => item.records);
}
