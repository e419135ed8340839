import type { SQSClient } from '@aws-sdk/client-sqs';
import {
  createSqsReader,
  sqsOf,
  type Clock,
  type Logger,
  type SqsReader,
  type SqsReaderOptions,
  type Timers,
} from '@stepcast/kit';
import { MAX_HELD_ENDS } from './application/end-holds.ts';
import type { TakeMessages } from './application/take-messages.ts';
import { MAX_WAITING_REPORTS } from './application/take-reports.ts';

/** How queues are read, where that may be chosen. */
export type QueueReading = Pick<SqsReaderOptions, 'waitTimeSeconds' | 'visibilityTimeoutSeconds'>;

export interface ReadersOptions {
  /** A queue without an address is not read. */
  readonly urls: Readonly<Record<keyof TakeMessages, string | undefined>>;
  readonly take: TakeMessages;
  readonly queue: QueueReading | undefined;
  readonly sqs: SQSClient;
  readonly clock: Clock;
  readonly timers: Timers;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly logger: Logger;
}

const POLLERS = { events: 4, uploads: 2, status: 2 } as const;
/** Ten for each poller, as everywhere, and the ends that are held, and the reports that wait. */
const MAX_IN_HAND: Readonly<Partial<Record<keyof TakeMessages, number>>> = {
  status: POLLERS.status * 10 + MAX_HELD_ENDS,
  events: POLLERS.events * 10 + MAX_WAITING_REPORTS,
};

/** A reader of each queue; none reads yet. */
export function createReaders(options: ReadersOptions): ReadonlyMap<keyof TakeMessages, SqsReader> {
  const { urls, take, queue, clock, timers, random, logger } = options;
  const sqs = sqsOf(options.sqs);
  const readers = new Map<keyof TakeMessages, SqsReader>();
  for (const name of ['events', 'uploads', 'status'] as const) {
    const queueUrl = urls[name];
    if (queueUrl === undefined) continue;
    const maxInHand = MAX_IN_HAND[name];
    const reader = createSqsReader({
      ...queue,
      sqs,
      queueUrl,
      logger,
      clock,
      timers,
      random,
      pollers: POLLERS[name],
      ...(maxInHand === undefined ? {} : { maxInHand }),
      onMessages: take[name],
    });
    readers.set(name, reader);
  }
  return readers;
}
