import { createHash } from 'node:crypto';
import * as z from 'zod';
import { Refusal, type Service } from '../aws-json.ts';
import { StubQueue } from './stub-queue.ts';

/** What was asked of the queues. */
export interface QueueCounts {
  readonly calls: number;
  /** By operation and queue, as in `SendMessageBatch events.fifo`; receives that brought nothing are `… (empty)`. */
  readonly callsByKind: Readonly<Record<string, number>>;
  readonly messagesSent: number;
  readonly bytesSent: number;
}

const Queue = { QueueUrl: z.string() };
const Outgoing = {
  MessageBody: z.string(),
  MessageGroupId: z.string().optional(),
  MessageDeduplicationId: z.string().optional(),
};
type Outgoing = z.output<z.ZodObject<typeof Outgoing>>;
const Send = z.object({ ...Queue, ...Outgoing });
const SendBatch = z.object({
  ...Queue,
  Entries: z
    .array(z.object({ Id: z.string(), ...Outgoing }))
    .min(1)
    .max(10),
});
const Receive = z.object({
  ...Queue,
  MaxNumberOfMessages: z.number().int().min(1).max(10).default(1),
  WaitTimeSeconds: z.number().min(0).max(20).default(0),
  VisibilityTimeout: z.number().min(0).max(43_200).default(30),
});
const DeleteOne = z.object({ ...Queue, ReceiptHandle: z.string() });
const DeleteBatch = z.object({
  ...Queue,
  Entries: z
    .array(z.object({ Id: z.string(), ReceiptHandle: z.string() }))
    .min(1)
    .max(10),
});
const HideBatch = z.object({
  ...Queue,
  Entries: z
    .array(z.object({ Id: z.string(), ReceiptHandle: z.string(), VisibilityTimeout: z.number() }))
    .min(1)
    .max(10),
});

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/**
 * SQS's JSON protocol, as far as our adapters speak it. A queue begins to exist when it is named first; one whose name
 * ends in `.fifo` is a FIFO queue.
 */
export class StubQueues {
  readonly #queues = new Map<string, StubQueue>();
  readonly #nowMs: () => number;
  readonly #onDelete: () => void;
  /** By what begins the queue's name. */
  readonly #counts = new Map<string, Tally>();
  #idlers: { readonly owner: string; readonly resolve: () => void }[] = [];

  constructor(
    options: {
      /** Milliseconds since the epoch. Default the system's clock. */
      readonly nowMs?: () => number;
      /** Called with each message that is deleted. */
      readonly onDelete?: () => void;
    } = {},
  ) {
    this.#nowMs = options.nowMs ?? Date.now;
    this.#onDelete = options.onDelete ?? (() => undefined);
  }

  /** Counts of the queues whose names begin with `{owner}-`, since they were taken last. */
  takeCounts(owner: string): QueueCounts {
    const counts = this.#tallyOf(`${owner}-`);
    this.#counts.delete(owner);
    return counts;
  }

  /** Messages that are not deleted, by queue. */
  sizes(): Record<string, number> {
    return Object.fromEntries([...this.#queues].map(([name, queue]) => [name, queue.size]));
  }

  /**
   * Resolves when every message is deleted of the queues whose names begin with `{owner}-`. Dead letters never are: their
   * queues do not count. Nor do queues of others: a deployment that stops may leave a message that was delivered twice.
   */
  idle(owner: string): Promise<void> {
    if (this.#isIdle(owner)) return Promise.resolve();
    return new Promise((resolve) => this.#idlers.push({ owner, resolve }));
  }

  /** Makes visible again what was in hand for too long; to be called about twice a second. */
  expire(): void {
    for (const queue of this.#queues.values()) queue.expire();
  }

  readonly service: Service = async (operation, request) => {
    switch (operation) {
      case 'SendMessage': {
        const { QueueUrl, ...outgoing } = Send.parse(request);
        this.#note(operation, QueueUrl);
        return {
          MessageId: this.#send(QueueUrl, outgoing),
          MD5OfMessageBody: md5(outgoing.MessageBody),
        };
      }
      case 'SendMessageBatch': {
        const { QueueUrl, Entries } = SendBatch.parse(request);
        this.#note(operation, QueueUrl);
        return {
          Successful: Entries.map(({ Id, ...outgoing }) => ({
            Id,
            MessageId: this.#send(QueueUrl, outgoing),
            MD5OfMessageBody: md5(outgoing.MessageBody),
          })),
          Failed: [],
        };
      }
      case 'ReceiveMessage':
        return this.#receive(Receive.parse(request));
      case 'GetQueueAttributes': {
        const { QueueUrl } = z.object(Queue).parse(request);
        this.#note(operation, QueueUrl);
        const { waiting, inHand } = this.#queueOf(QueueUrl);
        return {
          Attributes: {
            ApproximateNumberOfMessages: String(waiting),
            ApproximateNumberOfMessagesNotVisible: String(inHand),
          },
        };
      }
      case 'DeleteMessage': {
        const { QueueUrl, ReceiptHandle } = DeleteOne.parse(request);
        this.#note(operation, QueueUrl);
        this.#delete(QueueUrl, ReceiptHandle);
        return {};
      }
      case 'DeleteMessageBatch': {
        const { QueueUrl, Entries } = DeleteBatch.parse(request);
        this.#note(operation, QueueUrl);
        return resultsOf(Entries, ({ ReceiptHandle }) => this.#delete(QueueUrl, ReceiptHandle));
      }
      case 'ChangeMessageVisibilityBatch': {
        const { QueueUrl, Entries } = HideBatch.parse(request);
        this.#note(operation, QueueUrl);
        const queue = this.#queueOf(QueueUrl);
        return resultsOf(Entries, ({ ReceiptHandle, VisibilityTimeout }) =>
          queue.changeVisibility(ReceiptHandle, VisibilityTimeout * 1_000),
        );
      }
      default:
        throw new Refusal('UnknownOperationException', operation);
    }
  };

  #tallyOf(queue: string): Tally {
    const owner = queue.slice(0, queue.indexOf('-'));
    let tally = this.#counts.get(owner);
    if (tally === undefined) {
      tally = { calls: 0, callsByKind: {}, messagesSent: 0, bytesSent: 0 };
      this.#counts.set(owner, tally);
    }
    return tally;
  }

  #note(operation: string, queueUrl: string, suffix = ''): void {
    const queue = nameOf(queueUrl);
    const tally = this.#tallyOf(queue);
    const kind = `${operation} ${queue.slice(queue.indexOf('-') + 1)}${suffix}`;
    tally.calls += 1;
    tally.callsByKind[kind] = (tally.callsByKind[kind] ?? 0) + 1;
  }

  #queueOf(queueUrl: string): StubQueue {
    const name = nameOf(queueUrl);
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = new StubQueue({ fifo: isFifo(name), nowMs: this.#nowMs });
      this.#queues.set(name, queue);
    }
    return queue;
  }

  #send(queueUrl: string, outgoing: Outgoing): string {
    const {
      MessageBody: body,
      MessageGroupId: groupId = '',
      MessageDeduplicationId: deduplicationId,
    } = outgoing;
    const name = nameOf(queueUrl);
    // None of our queues has content-based deduplication.
    if (isFifo(name) && deduplicationId === undefined)
      throw new Refusal('InvalidParameterValue', 'a message of a FIFO queue needs a deduplication ID');
    const tally = this.#tallyOf(name);
    tally.messagesSent += 1;
    tally.bytesSent += body.length;
    return this.#queueOf(queueUrl).send(body, groupId, deduplicationId);
  }

  async #receive(request: z.output<typeof Receive>): Promise<object> {
    const { QueueUrl, MaxNumberOfMessages, VisibilityTimeout, WaitTimeSeconds } = request;
    const messages = await this.#queueOf(QueueUrl).receive(
      MaxNumberOfMessages,
      VisibilityTimeout * 1_000,
      WaitTimeSeconds * 1_000,
    );
    this.#note('ReceiveMessage', QueueUrl, messages.length === 0 ? ' (empty)' : '');
    return {
      Messages: messages.map(({ id, handle, body, receiveCount, groupId, sentAtMs }) => ({
        MessageId: id,
        ReceiptHandle: handle,
        Body: body,
        MD5OfBody: md5(body),
        Attributes: {
          ApproximateReceiveCount: String(receiveCount),
          SentTimestamp: String(sentAtMs),
          ...(groupId === '' ? {} : { MessageGroupId: groupId }),
        },
      })),
    };
  }

  #delete(queueUrl: string, handle: string): boolean {
    const deleted = this.#queueOf(queueUrl).delete(handle);
    if (!deleted) return false;
    this.#onDelete();
    this.#resolveIdlers();
    return true;
  }

  #resolveIdlers(): void {
    const idle = this.#idlers.filter(({ owner }) => this.#isIdle(owner));
    if (idle.length === 0) return;
    this.#idlers = this.#idlers.filter((one) => !idle.includes(one));
    for (const { resolve } of idle) resolve();
  }

  #isIdle(owner: string): boolean {
    return [...this.#queues]
      .filter(([name]) => name.startsWith(`${owner}-`) && !name.includes('dead-letter'))
      .every(([, queue]) => queue.size === 0);
  }
}

function resultsOf<Entry extends { readonly Id: string }>(
  entries: readonly Entry[],
  run: (entry: Entry) => boolean,
): object {
  const done = entries.map((entry) => ({ Id: entry.Id, ok: run(entry) }));
  return {
    Successful: done.filter(({ ok }) => ok).map(({ Id }) => ({ Id })),
    Failed: done
      .filter(({ ok }) => !ok)
      .map(({ Id }) => ({ Id, Code: 'ReceiptHandleIsInvalid', SenderFault: true })),
  };
}

function isFifo(name: string): boolean {
  return name.endsWith('.fifo');
}

function nameOf(queueUrl: string): string {
  return queueUrl.slice(queueUrl.lastIndexOf('/') + 1);
}

interface Tally {
  calls: number;
  readonly callsByKind: Record<string, number>;
  messagesSent: number;
  bytesSent: number;
}
