import type { Clock, Timers } from '../clock.ts';
import { errorFields, isRetryable } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Sqs, SqsBatchFailure } from './sqs.adapter.ts';

/** A message that SQS hides for us. */
export interface Held {
  readonly receiptHandle: string;
  readonly bytes: number;
  /** Messages of the same group and receive, in order; only itself where there are no groups. */
  readonly group: readonly Held[];
  /** `done` ones wait for their delete, `givenBack` ones for the end of their visibility timeout to be changed. */
  state: 'inHand' | 'done' | 'givenBack';
  hiddenUntilMs: number;
  /** A call that changes its visibility is under way. */
  changing: boolean;
}

/** What the calls that settle messages need. */
export interface LaneOptions {
  readonly sqs: Sqs;
  readonly queueUrl: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly timers: Timers;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly visibilityTimeoutSeconds: number;
  /** Their calls are over: SQS does not hide them for us any more, or we can do no more about it. */
  readonly onSettled: (messages: readonly Held[]) => void;
}

/** Calls of each kind side by side. */
export const MAX_CALLS = 4;

export interface BatchOutcome {
  readonly failed: readonly Held[];
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** For the log. */
  readonly fields: object;
}

/** Awaits a batch call. Never rejects: a call that fails has failed for all. */
export async function outcomeOf(
  batch: readonly Held[],
  call: Promise<readonly SqsBatchFailure[]>,
): Promise<BatchOutcome> {
  try {
    const failures = await call;
    const indexes = new Set(failures.map(({ index }) => index));
    return {
      failed: batch.filter((_one, index) => indexes.has(index)),
      retryable: failures.some(({ senderFault }) => !senderFault),
      fields: failures[0] === undefined ? {} : { reason: failures[0].code },
    };
  } catch (thrown) {
    return { failed: batch, retryable: isRetryable(thrown), fields: errorFields(thrown) };
  }
}
