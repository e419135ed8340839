import { fullJitterMs } from '@stepcast/kit';
import { faultDice, type FaultDice } from './faults.ts';
import { isLogged } from './levels.ts';
import { subscriptionPayload } from './payload.ts';
import { logMessageOf } from './record.ts';
import { logEventId, logGroupName, logStreamName } from './stream.ts';
import type {
  LogDelivery,
  LogDeliveryOptions,
  LogDeliveryStatistics,
  LogProblem,
} from './log-delivery-options.ts';
import type { LoggedHistory, LogRecord } from './types.ts';

interface Batch {
  readonly logGroup: string;
  readonly logStream: string;
  readonly records: readonly LogRecord[];
  /** Of the messages together. */
  readonly bytes: number;
  readonly firstTriedAtMs: number;
  readonly attempt: number;
}

interface OpenBatch {
  readonly logGroup: string;
  readonly logStream: string;
  readonly records: LogRecord[];
  bytes: number;
  readonly cancel: () => void;
}

interface WrittenRecord {
  readonly record: LogRecord;
  readonly bytes: number;
}

const backoff = { baseMs: 100, capMs: 30_000 };
/** A truncation fault leaves so little of inputs and outputs. */
const faultyDataBytes = 64;
const mebibyte = 1024 * 1024;

/**
 * Execution logs and their subscription filter: history events become log records, records of one stream become
 * payloads, payloads are delivered at least once.
 *
 * A record is in exactly one place until it is delivered or lost: an open batch (until its window ends or it is full),
 * the queue, a delivery under way, or a backoff before another one. `#pending` and `#pendingBytes` count
 * all four.
 */
export function createLogDelivery(options: LogDeliveryOptions): LogDelivery {
  return new Delivery(options);
}

class Delivery implements LogDelivery {
  readonly #options: LogDeliveryOptions;
  readonly #dice: FaultDice;
  readonly #suffix: string;
  readonly #open = new Map<string, OpenBatch>();
  readonly #queue: Batch[] = [];
  readonly #waiting = new Map<Batch, () => void>();
  readonly #idle: (() => void)[] = [];
  #pending = 0;
  #pendingBytes = 0;
  #active = 0;
  #eventCount = 0;
  #closing = false;
  #counts = { written: 0, delivered: 0, lostOnPurpose: 0, lost: 0, failedAttempts: 0 };

  constructor(options: LogDeliveryOptions) {
    this.#options = options;
    this.#dice = faultDice(options.faults ?? {}, options.random);
    this.#suffix = Math.floor(options.random() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0');
  }

  write(history: LoggedHistory): void {
    const { level, destinations } = history.loggingConfiguration;
    const [destination] = destinations;
    if (destination === undefined) return;
    for (const event of history.events)
      if (isLogged(level, event.type)) this.#writeOne(history, event, logGroupName(destination.logGroupArn));
  }

  writeLine({ logGroup, logStream, message }: Parameters<LogDelivery['writeLine']>[0]): void {
    this.#counts.written += 1;
    this.#eventCount += 1;
    const timestamp = this.#options.clock.nowMs();
    const record: LogRecord = { id: logEventId(timestamp, this.#eventCount), timestamp, message };
    this.#put(logGroup, logStream, { record, bytes: Buffer.byteLength(message) });
  }

  flush(): Promise<void> {
    for (const key of [...this.#open.keys()]) this.#closeBatch(key);
    return this.#whenIdle();
  }

  async close(): Promise<void> {
    this.#closing = true;
    // What waits for a backoff or a delay on purpose gets one last chance now.
    for (const [batch, cancel] of this.#waiting) {
      cancel();
      this.#queue.push(batch);
    }
    this.#waiting.clear();
    this.#pump();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.timers.after(this.#options.closeTimeoutMs ?? 2000, resolve);
    await Promise.race([this.flush(), late]);
    cancel();
    if (this.#pending > 0) this.#lose(this.#pending, 'closed');
  }

  statistics(): LogDeliveryStatistics {
    return { ...this.#counts, queued: this.#pending };
  }

  #writeOne(history: LoggedHistory, event: LoggedHistory['events'][number], logGroup: string): void {
    this.#counts.written += 1;
    if (this.#dice.loses()) {
      this.#counts.lostOnPurpose += 1;
      return;
    }
    const written = this.#recordOf(history, event);
    const logStream = logStreamName(
      history.execution.stateMachineName,
      this.#options.clock.nowMs(),
      this.#suffix,
    );
    this.#put(logGroup, logStream, written);
  }

  #put(logGroup: string, logStream: string, written: WrittenRecord): void {
    this.#options.onWritten?.(logGroup, logStream, written.record);
    if (this.#closing || this.#isFull(written.bytes)) {
      this.#lose(1, this.#closing ? 'closed' : 'queueFull');
      return;
    }
    this.#pending += 1;
    this.#pendingBytes += written.bytes;
    this.#addToBatch(logGroup, logStream, written);
  }

  #isFull(bytes: number): boolean {
    const { maxQueuedRecords, maxQueuedBytes } = this.#options;
    return (
      this.#pending >= (maxQueuedRecords ?? 100_000) ||
      this.#pendingBytes + bytes > (maxQueuedBytes ?? 256 * mebibyte)
    );
  }

  #recordOf(history: LoggedHistory, event: LoggedHistory['events'][number]): WrittenRecord {
    const { execution, loggingConfiguration } = history;
    this.#eventCount += 1;
    const record: LogRecord = {
      id: logEventId(event.timestampMs, this.#eventCount),
      timestamp: event.timestampMs,
      message: logMessageOf(event, {
        executionArn: execution.executionArn,
        redriveCount: execution.redriveCount,
        includeExecutionData: loggingConfiguration.includeExecutionData,
        ...(this.#dice.truncates() ? { maxDataBytes: faultyDataBytes } : {}),
      }),
    };
    return { record, bytes: Buffer.byteLength(record.message) };
  }

  #addToBatch(logGroup: string, logStream: string, { record, bytes }: WrittenRecord): void {
    const key = `${logGroup} ${logStream}`;
    const full = this.#open.get(key);
    if (full !== undefined && full.bytes + bytes > (this.#options.maxBatchBytes ?? mebibyte))
      this.#closeBatch(key);
    let batch = this.#open.get(key);
    if (batch === undefined) {
      const cancel = this.#options.timers.after(this.#options.batchWindowMs ?? 50, () =>
        this.#closeBatch(key),
      );
      batch = { logGroup, logStream, records: [], bytes: 0, cancel };
      this.#open.set(key, batch);
    }
    batch.records.push(record);
    batch.bytes += bytes;
    if (batch.records.length >= (this.#options.maxBatchRecords ?? 200)) this.#closeBatch(key);
  }

  #closeBatch(key: string): void {
    const open = this.#open.get(key);
    if (open === undefined) return;
    this.#open.delete(key);
    open.cancel();
    const { logGroup, logStream } = open;
    const reordered = this.#dice.reorders();
    const records = reordered ? this.#dice.shuffle(open.records) : open.records;
    const batch: Batch = {
      logGroup,
      logStream,
      records,
      bytes: open.bytes,
      firstTriedAtMs: this.#options.clock.nowMs(),
      attempt: 0,
    };
    if (this.#dice.duplicates()) {
      this.#pending += records.length;
      this.#pendingBytes += open.bytes;
      this.#schedule({ ...batch }, reordered);
    }
    this.#schedule(batch, reordered);
  }

  #schedule(batch: Batch, reordered: boolean): void {
    const delayMs = this.#dice.delayMs();
    if (delayMs > 0 && !this.#closing) {
      this.#wait(batch, delayMs);
      return;
    }
    // A reordered payload also overtakes the one that was about to go.
    if (reordered) this.#queue.unshift(batch);
    else this.#queue.push(batch);
    this.#pump();
  }

  #wait(batch: Batch, delayMs: number): void {
    const cancel = this.#options.timers.after(delayMs, () => {
      this.#waiting.delete(batch);
      this.#queue.push(batch);
      this.#pump();
    });
    this.#waiting.set(batch, cancel);
  }

  #pump(): void {
    while (this.#active < (this.#options.concurrency ?? 4)) {
      const batch = this.#queue.shift();
      if (batch === undefined) return;
      this.#active += 1;
      void this.#deliver(batch);
    }
  }

  async #deliver(batch: Batch): Promise<void> {
    const { accountId, deliver, subscriptionFilter } = this.#options;
    const { logGroup, logStream, records } = batch;
    const source = { accountId, logGroup, logStream, subscriptionFilter: subscriptionFilter ?? 'stepcast' };
    try {
      await deliver(subscriptionPayload(source, records));
      this.#counts.delivered += records.length;
      this.#done(batch);
    } catch (error) {
      this.#counts.failedAttempts += 1;
      this.#report({ kind: 'deliveryFailed', records: records.length, attempt: batch.attempt + 1, error });
      this.#retry(batch);
    } finally {
      this.#active -= 1;
      this.#pump();
    }
  }

  #retry(batch: Batch): void {
    const { clock, random, retryForMs } = this.#options;
    const exhausted = clock.nowMs() - batch.firstTriedAtMs >= (retryForMs ?? 24 * 3600 * 1000);
    if (exhausted || this.#closing) {
      this.#lose(batch.records.length, exhausted ? 'retriesExhausted' : 'closed');
      this.#done(batch);
      return;
    }
    // At least a moment, so that a destination that refuses at once is not asked in a tight loop.
    const delayMs = Math.max(10, fullJitterMs(batch.attempt, backoff, random));
    this.#wait({ ...batch, attempt: batch.attempt + 1 }, delayMs);
  }

  #lose(records: number, reason: 'queueFull' | 'retriesExhausted' | 'closed'): void {
    this.#counts.lost += records;
    this.#report({ kind: 'lost', records, reason });
  }

  #report(problem: LogProblem): void {
    this.#options.onProblem?.(problem);
  }

  #done(batch: Batch): void {
    this.#pending -= batch.records.length;
    this.#pendingBytes -= batch.bytes;
    if (this.#pending > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #whenIdle(): Promise<void> {
    if (this.#pending === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.push(resolve);
    return promise;
  }
}
