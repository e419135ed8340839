import type { ExecutionArn } from '@stepcast/contracts';
import { createLru, type Clock, type Lru } from '@stepcast/kit';
import { evidenceOf, type ExecutionRecord, type FindConfigured } from '@stepcast/wire';
import type { StatusFact } from '../domain/fold-status.ts';
import type { Assignment } from '../domain/ownership.ts';
import { parkedItem, runs, type ParkedItem } from '../domain/parked.ts';
import type { ExecutionStore } from '../ports/execution-store.port.ts';
import type { Incoming, Mode } from './incoming.ts';

/** What is in memory of one execution. Never changed, only replaced by {@link TrackedExecutions}. */
export interface TrackedExecution {
  readonly executionArn: ExecutionArn;
  readonly assignment: Assignment | undefined;
  readonly parked: readonly ParkedItem[];
  readonly firstSeenMs: number;
  readonly loadedMs: number;
  /** Why the owner is not proven, for the dead letter. */
  readonly reason: string;
  /** Step Functions was asked for the input; its answer does not change. */
  readonly described: boolean;
  /** This process put it on the watch list. */
  readonly watched: boolean;
}

type Change = Partial<Pick<TrackedExecution, 'assignment' | 'parked' | 'reason' | 'described' | 'watched'>>;

/** After this long an execution is read again: another correlator may have quarantined it. */
const REFRESH_MS = 60_000;
/** An estimate of what an execution without parked records takes in memory, and of what a parked record adds. */
const EXECUTION_BYTES = 1_500;
const RECORD_BYTES = 800;

const NO_RECORDS: readonly ExecutionRecord[] = [];

function bytesOf({ parked }: TrackedExecution): number {
  const records = parked.reduce((sum, item) => sum + item.records.length + item.statuses.length + 1, 0);
  return EXECUTION_BYTES + RECORD_BYTES * records;
}

function isSame(
  before: TrackedExecution,
  { assignment, parked, reason, described, watched }: Change,
): boolean {
  return (
    (assignment === undefined || assignment === before.assignment) &&
    (parked === undefined || parked === before.parked || parked.length + before.parked.length === 0) &&
    (reason === undefined || reason === before.reason) &&
    (described === undefined || described === before.described) &&
    (watched === undefined || watched === before.watched)
  );
}

/**
 * Executions: in memory for a while, in the store for good. Only this class replaces what is known of one. A change is
 * applied to the newest version, so that one made meanwhile is not lost.
 */
export class TrackedExecutions {
  readonly #store: ExecutionStore;
  readonly #clock: Clock;
  readonly #findConfigured: FindConfigured | undefined;
  readonly #cache: Lru<ExecutionArn, TrackedExecution>;

  constructor(options: {
    readonly executions: ExecutionStore;
    readonly clock: Clock;
    readonly findConfigured?: FindConfigured | undefined;
    /** What all executions in memory may take together. */
    readonly maxBytes: number;
  }) {
    this.#store = options.executions;
    this.#clock = options.clock;
    this.#findConfigured = options.findConfigured;
    this.#cache = createLru({ maxBytes: options.maxBytes, bytesOf });
  }

  /**
   * What is known of an execution, for a pass over it. Nothing is read when its input has just come in and nothing is known:
   * the assignment of its owner then says whether there is more to know.
   */
  open(executionArn: ExecutionArn, mode: Mode, incoming: Incoming): Promise<TrackedExecution> {
    if (mode === 'reload') return this.load(executionArn);
    if (incoming.input !== undefined && this.#cache.peek(executionArn) === undefined)
      return Promise.resolve(this.#replace(this.#unknown(executionArn)));
    return this.recall(executionArn);
  }

  /** What is in memory, if it was read lately. Only peeked at: what is in use is read again, and stored anew, every minute. */
  remembered(executionArn: ExecutionArn): TrackedExecution | undefined {
    const known = this.#cache.peek(executionArn);
    return known !== undefined && this.#clock.nowMs() - known.loadedMs < REFRESH_MS ? known : undefined;
  }

  /** From memory if it was read lately. */
  recall(executionArn: ExecutionArn): Promise<TrackedExecution> {
    const known = this.remembered(executionArn);
    return known === undefined ? this.load(executionArn) : Promise.resolve(known);
  }

  /** From the store, as of now. */
  async load(executionArn: ExecutionArn): Promise<TrackedExecution> {
    const { assignment, parked } = await this.#store.load(executionArn);
    const before = this.#cache.peek(executionArn);
    const nowMs = this.#clock.nowMs();
    return this.#replace({
      ...(before ?? this.#unknown(executionArn)),
      assignment,
      // Of a quarantined execution the parked records stay in the store for good. They are counted once, when they leave here.
      parked: assignment?.kind === 'quarantined' && before !== undefined ? before.parked : parked,
      firstSeenMs: Math.min(before?.firstSeenMs ?? nowMs, ...parked.map((item) => item.parkedMs)),
      loadedMs: nowMs,
    });
  }

  peek(executionArn: ExecutionArn): TrackedExecution | undefined {
    return this.#cache.peek(executionArn);
  }

  forget(executionArn: ExecutionArn): void {
    this.#cache.delete(executionArn);
  }

  /** Replaces parts of what is known. */
  change(execution: TrackedExecution, change: Change): TrackedExecution {
    const before = this.#cache.peek(execution.executionArn) ?? execution;
    // Most passes find what they know already: a place in the cache costs more than comparing.
    return isSame(before, change) ? before : this.#replace({ ...before, ...change });
  }

  /** Parks durably, and in memory. Of an input only the evidence in it is parked. */
  async park(
    execution: TrackedExecution,
    what: {
      readonly records: readonly ExecutionRecord[];
      readonly statuses: readonly StatusFact[];
      readonly input?: string | undefined;
    },
  ): Promise<TrackedExecution> {
    const items = this.#itemsOf(what);
    await this.#store.park(execution.executionArn, items);
    const keys = new Set(items.map((item) => item.key));
    return this.change(execution, {
      parked: [...execution.parked.filter((item) => !keys.has(item.key)), ...items],
    });
  }

  #itemsOf({ records, statuses, input }: Parameters<TrackedExecutions['park']>[1]): ParkedItem[] {
    const empty = {
      parkedMs: this.#clock.nowMs(),
      records: [],
      statuses: [],
      evidence: undefined,
      inputSeen: false,
    };
    const items = runs(records).map((run) => parkedItem({ ...empty, records: run }));
    if (statuses.length > 0 || input !== undefined) {
      const evidence = input === undefined ? undefined : evidenceOf(input, this.#findConfigured);
      items.push(parkedItem({ ...empty, statuses, evidence, inputSeen: input !== undefined }));
    }
    return items;
  }

  #unknown(executionArn: ExecutionArn): TrackedExecution {
    const nowMs = this.#clock.nowMs();
    return {
      executionArn,
      assignment: undefined,
      parked: [],
      firstSeenMs: nowMs,
      loadedMs: nowMs,
      reason: 'no input has come in',
      described: false,
      watched: false,
    };
  }

  #replace(execution: TrackedExecution): TrackedExecution {
    this.#cache.set(execution.executionArn, execution);
    return execution;
  }
}

/** Every record that is parked for an execution. */
export function parkedRecords({ parked }: Pick<TrackedExecution, 'parked'>): readonly ExecutionRecord[] {
  return parked.length === 0 ? NO_RECORDS : parked.flatMap((item) => item.records);
}
