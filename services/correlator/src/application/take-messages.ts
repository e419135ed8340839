import { describeIssues, type ParseResult } from '@stepcast/contracts';
import {
  asError,
  createFailureBudget,
  errorFields,
  FAILURE_POLICIES,
  failureKindOf,
  retryDelayMs,
  StepcastError,
  type FailureKind,
  type Logger,
  type Outcome,
  type QueueVerdict,
} from '@stepcast/kit';
import {
  letterOfError,
  type DeadLetterCode,
  type DeadLetters,
  type RecordBatch,
  type TargetReports,
} from '@stepcast/wire';
import type { StatusNotice, UploadNotice } from '../domain/notices.ts';
import type { Correlation } from './correlation.ts';
import { BatchInHand, groupByExecution, type EventGroup, type MessageInHand } from './event-groups.ts';
import type { IncomingBatch } from './incoming.ts';

/** How the bodies of messages are read. */
export interface MessageParsers {
  readonly recordBatch: (body: string) => ParseResult<RecordBatch>;
  /** Of a message of the same queue that is no batch of records. */
  readonly reports: (body: string) => ParseResult<TargetReports>;
  readonly upload: (body: string) => ParseResult<UploadNotice>[];
  readonly status: (body: string) => ParseResult<StatusNotice | 'ignored'>;
}

/** Takes what one receive brought. Resolves when every message is settled; never rejects. */
type TakeBatch = (messages: readonly MessageInHand[]) => Promise<void>;

export interface TakeMessages {
  readonly events: TakeBatch;
  readonly uploads: TakeBatch;
  readonly status: TakeBatch;
}

/** Takes batches that come in without a queue. */
export interface TakeBatches {
  /**
   * Resolves when every batch is taken care of: correlated, with all that follows from it settled, or dead-lettered.
   * @throws BatchesPostponedError when some have to be redelivered; none of them is lost before
   */
  readonly batches: (batches: readonly IncomingBatch[]) => Promise<void>;
}

/** Batches could not be processed now. Those that were processed are recognised when they are redelivered. */
export class BatchesPostponedError extends StepcastError {
  readonly code = 'CORRELATOR_BATCHES_POSTPONED';
  readonly retryable = true;
  override readonly failure: FailureKind = 'infrastructure';
  constructor(postponed: number, all: number) {
    super(`${postponed} of ${all} batches could not be processed now`);
  }
}

export type Queue = keyof TakeMessages;

export interface TakeMessagesOptions {
  readonly correlation: Correlation;
  readonly parsers: MessageParsers;
  readonly deadLetters: DeadLetters;
  readonly logger: Logger;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** So many failures of its own bring a message to the dead-letter queue. Those of the infrastructure do not count. */
  readonly maxFailures: number;
  /** Hears how each attempt at messages of a queue ended, for readiness. Batches without a queue count as events. */
  readonly onOutcome?: (queue: Queue, outcome: Outcome) => void;
}

/** A message cannot be processed, now or ever. */
class PoisonError extends StepcastError {
  readonly code: DeadLetterCode;
  readonly retryable = false;
  override readonly failure = 'poison';
  constructor(code: DeadLetterCode, reason: string) {
    super(reason);
    this.code = code;
  }
}

/** Errors that say that trying again is useless are about the message, unless they say whose fault it is. */
function kindOf(thrown: unknown): FailureKind {
  const kind = failureKindOf(thrown);
  const isFinal = thrown instanceof StepcastError && !thrown.retryable;
  return kind === 'unexpected' && isFinal ? 'poison' : kind;
}

/** What a line of the log says of an execution, where it is known. */
function about(executionArn: string | undefined): { readonly executionArn?: string } {
  return executionArn === undefined ? {} : { executionArn };
}

/**
 * From messages to use cases, and from what becomes of those to verdicts: done, redelivered after a while, or, for what can
 * never work or has failed too often by itself, the dead-letter queue.
 */
export function createTakeMessages(options: TakeMessagesOptions): TakeMessages & TakeBatches {
  const { correlation, parsers, deadLetters, logger, random, maxFailures, onOutcome } = options;
  const { metrics } = correlation;
  const budget = createFailureBudget({ limit: maxFailures });
  let hasFailures = false;

  function settleAll(messages: readonly MessageInHand[], verdict: QueueVerdict): void {
    for (const message of messages) message.settle(verdict);
  }

  function noteFailure(queue: Queue, kind: FailureKind, thrown: unknown): void {
    onOutcome?.(queue, { kind, reason: asError(thrown).message });
  }

  function redeliver(queue: Queue, messages: readonly MessageInHand[], kind: FailureKind): void {
    metrics.messages(queue, 'retried');
    const attempt = Math.max(...messages.map((message) => message.receiveCount)) - 1;
    settleAll(messages, { retryAfterMs: retryDelayMs(kind, attempt, random) ?? 0 });
  }

  /** A message that cannot be dead-lettered is not acknowledged either: the queue delivers it again. */
  async function deadLetter(
    queue: Queue,
    messages: readonly MessageInHand[],
    thrown: unknown,
    executionArn?: string,
  ): Promise<boolean> {
    const { code, reason: what } = letterOfError(thrown, 'CORRELATOR_RETRIES_EXHAUSTED');
    const deliveries = Math.max(...messages.map((message) => message.receiveCount));
    const reason = thrown instanceof PoisonError ? what : `${what} (after ${deliveries} deliveries)`;
    const original = messages.map((message) => message.body).join('\n');
    try {
      await deadLetters.send([{ code, reason, executionArn, queue, original }]);
    } catch (failure) {
      logger.error({ ...about(executionArn), ...errorFields(failure) }, 'message not dead-lettered');
      noteFailure(queue, 'infrastructure', failure);
      redeliver(queue, messages, 'infrastructure');
      return false;
    }
    logger.warn({ queue, code, reason, ...about(executionArn) }, 'message dead-lettered');
    metrics.messages(queue, 'dead_lettered');
    for (const message of messages) budget.forget(message.id);
    settleAll(messages, 'done');
    return true;
  }

  /**
   * Does the work for messages that share one fate, and settles them.
   * @returns whether they were dead-lettered
   */
  async function attempt(
    queue: Queue,
    messages: readonly MessageInHand[],
    work: () => Promise<void>,
    executionArn?: string,
  ): Promise<boolean> {
    try {
      await work();
      metrics.messages(queue, 'done');
      // As long as nothing has failed there is nothing to forget, and no ID to be made.
      if (hasFailures) for (const message of messages) budget.forget(message.id);
      settleAll(messages, 'done');
      onOutcome?.(queue, { kind: 'done' });
      return false;
    } catch (thrown) {
      const kind = kindOf(thrown);
      hasFailures = true;
      noteFailure(queue, kind, thrown);
      const spent = messages.map((message) => budget.failed(message.id, kind).spent).includes(true);
      if (FAILURE_POLICIES[kind].deadLetterAtOnce || spent)
        return deadLetter(queue, messages, thrown, executionArn);
      logger.warn({ queue, kind, ...about(executionArn), ...errorFields(thrown) }, 'message is redelivered');
      redeliver(queue, messages, kind);
      return false;
    }
  }

  async function takeEvents({ batch, messages }: EventGroup): Promise<void> {
    const isGivenUp = await attempt(
      'events',
      messages,
      () => correlation.correlate(batch),
      batch.executionArn,
    );
    const { length } = batch.records;
    if (isGivenUp) metrics.count({ recordsIn: { events: length }, records: { dead_lettered: length } });
  }

  /** What is no batch of records may be one of reports. */
  async function takeOther(message: MessageInHand, problem: string): Promise<void> {
    const reports = parsers.reports(message.body);
    if (reports.ok) await attempt('events', [message], () => correlation.takeReports(reports.value));
    else await deadLetter('events', [message], new PoisonError('CORRELATOR_BATCH_INVALID', problem));
  }

  /** A notification may bring uploads of several people: one that fails must not keep the others from being taken. */
  async function takeUploads(parsed: ReturnType<MessageParsers['upload']>): Promise<void> {
    const wrong: string[] = [];
    const failures: Error[] = [];
    for (const one of parsed) {
      if (!one.ok) {
        wrong.push(describeIssues(one.issues));
        continue;
      }
      try {
        await correlation.takeUpload(one.value);
      } catch (thrown) {
        failures.push(asError(thrown));
      }
    }
    // What can still be done goes first: the whole message is redelivered for it, and repeating the rest changes nothing.
    const [failure] = [...failures.filter((one) => kindOf(one) !== 'poison'), ...failures];
    if (failure !== undefined) throw failure;
    if (wrong.length === 0) return;
    metrics.uploads('dead_lettered');
    throw new PoisonError('CORRELATOR_UPLOAD_INVALID', wrong.join('; '));
  }

  async function takeUpload(message: MessageInHand): Promise<void> {
    await attempt('uploads', [message], () => takeUploads(parsers.upload(message.body)));
  }

  async function takeStatus(message: MessageInHand): Promise<void> {
    await attempt('status', [message], async () => {
      const parsed = parsers.status(message.body);
      if (!parsed.ok) {
        metrics.statuses('dead_lettered');
        throw new PoisonError('CORRELATOR_STATUS_INVALID', describeIssues(parsed.issues));
      }
      if (parsed.value !== 'ignored') await correlation.takeStatus(parsed.value);
      metrics.statuses(parsed.value === 'ignored' ? 'ignored' : 'taken');
    });
  }

  return {
    async events(messages) {
      const { groups, unreadable } = groupByExecution(messages, parsers.recordBatch);
      await Promise.all([
        ...unreadable.map(({ message, problem }) => takeOther(message, problem)),
        ...groups.map(takeEvents),
      ]);
    },
    async uploads(messages) {
      await Promise.all(messages.map(takeUpload));
    },
    async status(messages) {
      await Promise.all(messages.map(takeStatus));
    },
    async batches(batches) {
      let postponed = 0;
      const settle = (verdict: QueueVerdict) => {
        if (verdict !== 'done') postponed += 1;
      };
      await Promise.all(
        batches.map((batch) => takeEvents({ batch, messages: [new BatchInHand(batch, settle)] })),
      );
      if (postponed > 0) throw new BatchesPostponedError(postponed, batches.length);
    },
  };
}
