import { describeIssues, type ParseResult } from '@stepcast/contracts';
import type { DeadLetters, RecordBatch } from '@stepcast/wire';
import {
  asError,
  errorFields,
  fullJitterMs,
  isRetryable,
  StepcastError,
  type Logger,
  type QueueMessage,
  type QueueVerdict,
} from '@stepcast/kit';
import type { StatusNotice, UploadNotice } from '../domain/notices.ts';
import type { Correlation } from './correlation.ts';

/** How the bodies of messages are read. */
export interface MessageParsers {
  readonly recordBatch: (body: string) => ParseResult<RecordBatch>;
  readonly upload: (body: string) => ParseResult<UploadNotice>[];
  readonly status: (body: string) => ParseResult<StatusNotice | 'ignored'>;
}

type Handle = (messages: readonly QueueMessage[]) => Promise<ReadonlyMap<string, QueueVerdict>>;

export interface TakeMessages {
  readonly events: Handle;
  readonly uploads: Handle;
  readonly status: Handle;
}

const RETRY = { baseMs: 1_000, capMs: 60_000 };

/**
 * From messages to use cases, and from what happens there to verdicts: done, again after a growing while, or, for what
 * can never work or has failed too often, the dead-letter queue.
 */
export function createTakeMessages(options: {
  readonly correlation: Correlation;
  readonly parsers: MessageParsers;
  readonly deadLetters: DeadLetters;
  readonly logger: Logger;
  readonly random: () => number;
  /** After this many deliveries a message is given up. */
  readonly maxReceives: number;
}): TakeMessages {
  const { correlation, parsers, deadLetters, logger, random, maxReceives } = options;
  const { outcomes } = correlation;

  async function giveUp(
    queue: string,
    message: QueueMessage,
    code: string,
    reason: string,
    arn?: string,
  ): Promise<void> {
    await deadLetters.send([{ code, reason, executionArn: arn, original: message.body }]);
    logger.warn({ queue, code, reason }, 'message dead-lettered');
    outcomes.messages(queue, 'dead_lettered');
  }

  /** A message that could not be dead-lettered is not acknowledged either: the queue delivers it again. */
  async function giveUpOrBack(message: QueueMessage, giving: Promise<void>): Promise<QueueVerdict> {
    try {
      await giving;
      return 'done';
    } catch (thrown) {
      logger.error(errorFields(thrown), 'message not dead-lettered');
      return { retryAfterMs: RETRY.baseMs + fullJitterMs(message.receiveCount, RETRY, random) };
    }
  }

  /** Does the work for a message, and says what becomes of the message. */
  async function attempt(
    queue: string,
    message: QueueMessage,
    work: () => Promise<void>,
    whenGivenUp: () => void = () => undefined,
    arn?: string,
  ): Promise<QueueVerdict> {
    try {
      await work();
      outcomes.messages(queue, 'done');
      return 'done';
    } catch (thrown) {
      const worthIt = isRetryable(thrown) && message.receiveCount < maxReceives;
      if (worthIt) {
        logger.warn(
          { queue, receiveCount: message.receiveCount, ...errorFields(thrown) },
          'message comes again',
        );
        outcomes.messages(queue, 'retried');
        return { retryAfterMs: RETRY.baseMs + fullJitterMs(message.receiveCount, RETRY, random) };
      }
      const code = thrown instanceof StepcastError ? thrown.code : 'CORRELATOR_RETRIES_EXHAUSTED';
      const times = `after ${message.receiveCount} deliveries`;
      const giving = giveUp(queue, message, code, `${asError(thrown).message} (${times})`, arn);
      return giveUpOrBack(message, giving.then(whenGivenUp));
    }
  }

  async function each(
    messages: readonly QueueMessage[],
    take: (message: QueueMessage) => Promise<QueueVerdict>,
  ): Promise<ReadonlyMap<string, QueueVerdict>> {
    const verdicts = await Promise.all(
      messages.map(async (message) => [message.id, await take(message)] as const),
    );
    return new Map(verdicts);
  }

  return {
    async events(messages) {
      // What one receive brought of one execution is told together: one write instead of several.
      const groups = new Map<string, { batch: RecordBatch; messages: QueueMessage[] }>();
      const verdicts = new Map<string, QueueVerdict>();
      for (const message of messages) {
        const parsed = parsers.recordBatch(message.body);
        if (!parsed.ok) {
          const giving = giveUp('events', message, 'CORRELATOR_BATCH_INVALID', describeIssues(parsed.issues));
          verdicts.set(message.id, await giveUpOrBack(message, giving));
          continue;
        }
        const { executionArn, records } = parsed.value;
        const group = groups.get(executionArn);
        if (group === undefined) groups.set(executionArn, { batch: parsed.value, messages: [message] });
        else {
          group.batch = { ...group.batch, records: [...group.batch.records, ...records] };
          group.messages.push(message);
        }
      }
      await Promise.all(
        [...groups.values()].map(async ({ batch, messages: together }) => {
          const [first] = together;
          if (first === undefined) return;
          // The merged batch fails or succeeds as one; the most often delivered message decides when to give up.
          const oldest = together.reduce(
            (one, other) => (other.receiveCount > one.receiveCount ? other : one),
            first,
          );
          const verdict = await attempt(
            'events',
            {
              ...oldest,
              get body() {
                return together.map((message) => message.body).join('\n');
              },
            },
            () => correlation.correlate(batch),
            () => {
              outcomes.recordsIn('events', batch.records.length);
              outcomes.record('dead_lettered', batch.records.length);
            },
            batch.executionArn,
          );
          for (const message of together) verdicts.set(message.id, verdict);
        }),
      );
      return verdicts;
    },

    uploads: (messages) =>
      each(messages, (message) =>
        attempt('uploads', message, async () => {
          for (const parsed of parsers.upload(message.body)) {
            if (parsed.ok) {
              await correlation.takeUpload(parsed.value);
              continue;
            }
            await giveUp('uploads', message, 'CORRELATOR_UPLOAD_INVALID', describeIssues(parsed.issues));
            outcomes.uploads('dead_lettered');
          }
        }),
      ),

    status: (messages) =>
      each(messages, (message) =>
        attempt('status', message, async () => {
          const parsed = parsers.status(message.body);
          if (!parsed.ok) {
            await giveUp('status', message, 'CORRELATOR_STATUS_INVALID', describeIssues(parsed.issues));
            outcomes.statuses('dead_lettered');
          } else if (parsed.value === 'ignored') {
            outcomes.statuses('ignored');
          } else {
            await correlation.takeStatus(parsed.value);
            outcomes.statuses('taken');
          }
        }),
      ),
  };
}
