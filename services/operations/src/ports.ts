import type { ExecutionArn } from '@stepcast/contracts';
import type { ExecutionRecord, JournalAttributes, Projector } from '@stepcast/wire';
import type { OperatorError } from './errors.ts';

/** The journal table, as operators read and mend it. Every call throws an `OperatorError`. */
export interface OperatorTable {
  get(pk: string, sk: string): Promise<TableItem | undefined>;
  /** A partition in order of sort key, consistent, a page at a time. */
  query(pk: string, options?: QueryOptions): AsyncIterable<TableItem>;
  /** Reads the whole table, a page at a time, and gives what fits: for what has no key to ask by. */
  scan(filter: ScanFilter): AsyncIterable<TableItem>;
  /** Writes an item unless its key is taken. */
  insert(item: JournalAttributes): Promise<'written' | 'taken'>;
  /** Writes an item in the place of one whose body is `body`. @returns false when it is another, or gone */
  replace(item: JournalAttributes, body: string): Promise<boolean>;
  /** Deletes an item; with `body` only if its body is that. @returns false when it is another, or gone */
  delete(pk: string, sk: string, body?: string): Promise<boolean>;
}

export interface TableItem {
  readonly pk: string;
  readonly sk: string;
  /** All attributes, keys included. */
  readonly attributes: JournalAttributes;
}

export interface QueryOptions {
  readonly prefix?: string;
  /** Sort keys from this one on. */
  readonly from?: string;
  readonly newestFirst?: boolean;
  readonly limit?: number;
}

export interface ScanFilter {
  readonly pkPrefix: string;
  readonly sk?: string;
  readonly skPrefix?: string;
  /** An attribute that contains a text. */
  readonly contains?: { readonly attribute: string; readonly text: string };
}

export interface QueueDepth {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

export interface TakenMessage {
  readonly body: string;
  readonly receipt: string;
  readonly messageId: string;
  readonly sentMs: number | undefined;
  readonly groupId: string | undefined;
}

export interface FifoPlace {
  readonly groupId: string;
  readonly deduplicationId: string;
}

export interface OperatorQueues {
  /** `undefined`: there is no such queue. */
  depth(name: string): Promise<QueueDepth | undefined>;
  send(name: string, body: string, fifo?: FifoPlace): Promise<void>;
  /** Up to ten messages, which nobody else gets for `holdSeconds`. */
  receive(name: string, holdSeconds: number): Promise<readonly TakenMessage[]>;
  delete(name: string, receipt: string): Promise<void>;
  /** Gives a message back at once. */
  release(name: string, receipt: string): Promise<void>;
}

/** How long the oldest message of a queue has waited, where something measures it. */
export interface QueueAges {
  /** Milliseconds; `undefined`: nothing measures it. */
  oldest(names: readonly string[]): Promise<ReadonlyMap<string, number> | undefined>;
}

export interface BrokerConnection {
  /**
   * Resolves at PUBACK.
   * @throws RightsMissingError, BrokerBusyError, BrokerRefusedError or PlaceUnreachableError, by the broker's reason code
   */
  publish(message: {
    readonly topic: string;
    readonly payload: Uint8Array;
    readonly retain: boolean;
  }): Promise<void>;
  /** @throws as `publish` does, when the broker refuses a filter */
  subscribe(filters: readonly string[], onMessage: (topic: string, text: string) => void): Promise<void>;
  /** Resolves with the reason when the connection ends. */
  readonly ended: Promise<OperatorError>;
  close(): Promise<void>;
}

export interface OperatorBroker {
  readonly address: string;
  connect(): Promise<BrokerConnection>;
}

export interface DescribedExecution {
  readonly input: string | undefined;
  readonly status: string;
  readonly startMs: number;
  readonly redriveCount: number;
}

export interface OperatorExecutions {
  /** `undefined`: there is no such execution (any more). */
  describe(executionArn: ExecutionArn): Promise<DescribedExecution | undefined>;
  /** The first and the last event of its history, cut as the forwarder cuts log records. */
  ends(executionArn: ExecutionArn, project?: Projector): Promise<readonly ExecutionRecord[]>;
  /** @returns false when an execution of that name was there */
  start(stateMachineArn: string, name: string, input: string): Promise<boolean>;
}

/** One line of a chart: a value for each time of its history, null where nothing was measured. */
export interface HopSeries {
  readonly name: string;
  readonly label: string;
  readonly values: readonly (number | null)[];
}

/** How long messages wait at each hop, and how many pass, over time. */
export interface HopHistory {
  /** Milliseconds since the epoch, in order. */
  readonly atMs: readonly number[];
  /** Milliseconds. */
  readonly lag: readonly HopSeries[];
  /** Per second. */
  readonly throughput: readonly HopSeries[];
  /** What was measured, for people. */
  readonly measured: string;
}

/** What a chart of the hops is drawn from. */
export interface HopMeasures {
  /** The last so many minutes, as far as they are known. */
  history(minutes: number): Promise<HopHistory>;
}
