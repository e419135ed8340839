import { describeIssues, ExecutionArn, parseJson } from '@stepcast/contracts';
import { hexDigest } from '@stepcast/kit';
import {
  DeadLetter,
  ExecutionRecord,
  MAX_ORIGINAL_CHARS,
  QUEUE_NAMES,
  queueText,
  RecordBatch,
  type LetterQueue,
} from '@stepcast/wire';
import * as z from 'zod/mini';
import { groupOfExecution } from '../execution-group.ts';
import type { FifoPlace, OperatorQueues, TakenMessage } from '../ports.ts';

/** A message of the dead-letter queue, in hand. */
export interface HeldLetter {
  readonly id: string;
  readonly receipt: string;
  readonly sentMs: number | undefined;
  /** `undefined`: it does not read. */
  readonly letter: DeadLetter | undefined;
  readonly body: string;
}

/** Letters that are in hand at a time; more wait for the next run. */
export const MAX_HELD = 500;

function heldOf({ messageId, receipt, body, sentMs }: TakenMessage): HeldLetter {
  const letter = parseJson(DeadLetter, body);
  return { id: messageId, receipt, sentMs, body, letter: letter.ok ? letter.value : undefined };
}

/**
 * Takes letters in hand, hands them to `work`, and gives back what is left of them, whatever happens.
 * @param holdSeconds how long nobody else gets them
 */
export async function withLetters<T>(
  queues: OperatorQueues,
  holdSeconds: number,
  work: (letters: readonly HeldLetter[], settled: (letter: HeldLetter) => void) => Promise<T>,
): Promise<T> {
  const queue = QUEUE_NAMES.deadLetters;
  const held = new Map<string, HeldLetter>();
  try {
    while (held.size < MAX_HELD) {
      const messages = await queues.receive(queue, holdSeconds);
      if (messages.length === 0) break;
      for (const message of messages) held.set(message.messageId, heldOf(message));
    }
    const letters = [...held.values()].toSorted((one, other) => (atOf(one) < atOf(other) ? -1 : 1));
    return await work(letters, ({ id }) => held.delete(id));
  } finally {
    await Promise.all([...held.values()].map(({ receipt }) => queues.release(queue, receipt)));
  }
}

const atOf = ({ letter, sentMs }: HeldLetter) => letter?.at ?? new Date(sentMs ?? 0).toISOString();

/** Where letters of older services go back to, which did not say it: by their code. */
const queueByCode: Readonly<Record<string, LetterQueue>> = {
  CORRELATOR_BATCH_INVALID: 'events',
  CORRELATOR_UNOWNED: 'events',
  CORRELATOR_STATUS_INVALID: 'status',
  CORRELATOR_OWNER_CONFLICT: 'uploads',
  CORRELATOR_START_FAILED: 'uploads',
  CORRELATOR_UPLOAD_INVALID: 'uploads',
  CORRELATOR_UPLOAD_UNOWNED: 'uploads',
  PUBLISHER_HANDOVER_INVALID: 'progress',
};

/** A message as it is sent again. */
export interface Resent {
  readonly queue: string;
  readonly body: string;
  readonly fifo: FifoPlace | undefined;
}

export type Resending =
  | {
      readonly ok: true;
      readonly messages: readonly Resent[];
      /** The execution whose owner has to be forgotten before, for it was given up. */
      readonly unowned: ExecutionArn | undefined;
    }
  /** Why it cannot be sent again, and what helps instead. */
  | { readonly ok: false; readonly why: string };

const Records = z.array(ExecutionRecord).check(z.minLength(1));

/** How a letter goes back to the queue that it came from: to a FIFO queue in the group of its execution. @param nonce makes each sending its own */
export function resendingOf(letter: DeadLetter, nonce: string): Resending {
  const { code, original, executionArn } = letter;
  const from = letter.queue ?? queueByCode[code];
  if (from === undefined)
    return {
      ok: false,
      why: code.startsWith('PUBLISHER_')
        ? 'it is about publishing, and the journal has it: replay the upload instead'
        : 'it came from no queue that takes it back',
    };
  if (original === undefined) return { ok: false, why: 'the letter has no original' };
  if (original.length >= MAX_ORIGINAL_CHARS)
    return { ok: false, why: 'its original was cut; backfill the upload from the execution history instead' };
  if (code === 'CORRELATOR_UNOWNED') return resendingOfRecords(original, executionArn, nonce);
  const queue = QUEUE_NAMES[from];
  // Messages of one execution that shared their fate stand in one letter, a line each. A handover has three lines.
  const bodies = from === 'events' ? original.split('\n') : [original];
  return {
    ok: true,
    unowned: undefined,
    messages: bodies.map((body, index) => ({
      queue,
      body,
      fifo: queue.endsWith('.fifo')
        ? { groupId: groupOf(body, executionArn), deduplicationId: hexDigest(`${nonce}${index}`) }
        : undefined,
    })),
  };
}

function groupOf(body: string, executionArn: string | undefined): string {
  if (executionArn !== undefined) return groupOfExecution(executionArn);
  const batch = parseJson(RecordBatch, body);
  return batch.ok ? groupOfExecution(batch.value.executionArn) : hexDigest(body);
}

function resendingOfRecords(original: string, arn: string | undefined, nonce: string): Resending {
  const executionArn = ExecutionArn.safeParse(arn);
  const records = parseJson(Records, original);
  if (!executionArn.success) return { ok: false, why: 'it names no execution' };
  if (!records.ok) return { ok: false, why: `its records do not read: ${describeIssues(records.issues)}` };
  return {
    ok: true,
    unowned: executionArn.data,
    messages: [
      {
        queue: QUEUE_NAMES.events,
        body: queueText({
          version: 1,
          executionArn: executionArn.data,
          records: records.value,
          reload: true,
        }),
        fifo: { groupId: groupOfExecution(executionArn.data), deduplicationId: hexDigest(nonce) },
      },
    ],
  };
}
