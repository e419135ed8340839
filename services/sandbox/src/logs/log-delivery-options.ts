import type { Clock, Timers } from '@stepcast/kit';
import type { LogFaults, LoggedHistory, LogRecord, SubscriptionPayload } from './types.ts';

export interface LogDeliveryOptions {
  readonly accountId: string;
  readonly clock: Clock;
  readonly timers: Timers;
  /** From 0 (inclusive) to 1 (exclusive): backoff, faults and the names of streams. Seed it to have the same run again. */
  readonly random: () => number;
  /** Takes one payload. A rejection is tried again; nothing else of the same stream is held up by it. */
  readonly deliver: (payload: SubscriptionPayload) => Promise<void>;
  /** Gets each record as it is written to its stream, before it is delivered. */
  readonly onWritten?: (logGroup: string, logStream: string, record: LogRecord) => void;
  /** Default `stepcast`. */
  readonly subscriptionFilter?: string;
  /** Records that come within this time travel together. Default 50 ms. */
  readonly batchWindowMs?: number;
  /** Most records in one payload. Default 200. */
  readonly maxBatchRecords?: number;
  /**
   * Most bytes of messages in one payload, unless a single record is larger. Default 1 MiB, the most that a log group
   * takes at once.
   */
  readonly maxBatchBytes?: number;
  /** Most records that wait to be delivered. Default 100,000; what comes beyond is lost, counted and reported. */
  readonly maxQueuedRecords?: number;
  /** Most bytes of messages that wait to be delivered. Default 256 MiB; what comes beyond is lost likewise. */
  readonly maxQueuedBytes?: number;
  /** Deliveries under way at once. Default 4. */
  readonly concurrency?: number;
  /** A payload that could not be delivered for so long is lost, as with CloudWatch. Default 24 h. */
  readonly retryForMs?: number;
  /** How long `close` waits for deliveries under way. Default 2000 ms. */
  readonly closeTimeoutMs?: number;
  readonly faults?: LogFaults;
  /** Called for every loss and every failed attempt. For the log; nothing of the records is in it. */
  readonly onProblem?: (problem: LogProblem) => void;
}

export type LogProblem =
  | {
      readonly kind: 'deliveryFailed';
      readonly records: number;
      readonly attempt: number;
      readonly error: unknown;
    }
  | {
      readonly kind: 'lost';
      readonly records: number;
      readonly reason: 'queueFull' | 'retriesExhausted' | 'closed';
    };

export interface LogDeliveryStatistics {
  /** Records that the level let through. */
  readonly written: number;
  /** Records in payloads that were taken; a duplicate counts again. */
  readonly delivered: number;
  /** Records dropped on purpose by `faults.lose`. */
  readonly lostOnPurpose: number;
  /** Records dropped because the queue was full, retries ran out, or the sandbox stopped. */
  readonly lost: number;
  readonly failedAttempts: number;
  readonly queued: number;
}

export interface LogDelivery {
  /** Writes the events that the machine's logging configuration lets through. Never blocks, never throws. */
  write(history: LoggedHistory): void;
  /** Writes a line that a program printed. */
  writeLine(line: { readonly logGroup: string; readonly logStream: string; readonly message: string }): void;
  /** Sends at once what waits for its batch, and resolves when everything written so far was delivered or lost. */
  flush(): Promise<void>;
  /** Delivers what it can without waiting for another retry, and stops. What is left then is lost, counted and reported. */
  close(): Promise<void>;
  statistics(): LogDeliveryStatistics;
}
