import { parseJson, parseValue } from '@stepcast/contracts';
import { createLru } from '@stepcast/kit';
import * as z from 'zod';
import type { Keeper } from '../core/index.ts';
import type { SqsOperation, SqsRequest } from './requests.ts';

/** Where queues and messages are stored across restarts. */
export interface SqsKeepers {
  readonly queues: Keeper;
  readonly messages: Keeper;
}

const Attributes = z.record(z.string(), z.string());
const StoredMessage = z.object({ queue: z.string(), request: z.looseObject({ MessageBody: z.string() }) });
export type StoredMessage = z.infer<typeof StoredMessage>;

const QueueInput = z.looseObject({ Attributes: Attributes.optional() });
const Sent = z.looseObject({ MessageId: z.string() });
const SentAll = z.looseObject({
  Successful: z.array(z.looseObject({ Id: z.string(), MessageId: z.string() })),
});
const Entries = z.looseObject({ Entries: z.array(z.looseObject({ Id: z.string() })) });
const Done = z.looseObject({ Successful: z.array(z.looseObject({ Id: z.string() })) });
const Received = z.looseObject({
  Messages: z.array(z.looseObject({ MessageId: z.string(), ReceiptHandle: z.string() })).optional(),
});
const Deleted = z.looseObject({ ReceiptHandle: z.string() });

/** Some 100,000 receipt handles; a message whose handle is forgotten comes once more after a restart. */
const HANDLES_BYTES = 32 * 1024 * 1024;
/** An estimate of what a handle takes beside its own text and the message's id. */
const HANDLE_BYTES = 200;

/**
 * What the queues hold, stored beside the store in memory: a message from its SendMessage to its DeleteMessage. After a restart the
 * messages are sent again, in their order, with new ids; what was in flight is visible. So a message may come once more, as SQS
 * allows, and none is lost.
 */
export class StoredMessages {
  readonly #keepers: SqsKeepers;
  /** Under which key a message is stored, by the id that it has now. */
  readonly #keys = new Map<string, string>();
  /** Which message a receipt is of. */
  readonly #handles = createLru<string, string>({
    maxBytes: HANDLES_BYTES,
    bytesOf: (messageId, handle) => HANDLE_BYTES + messageId.length + handle.length,
  });

  constructor(keepers: SqsKeepers) {
    this.#keepers = keepers;
  }

  queues(): readonly { readonly name: string; readonly attributes: Readonly<Record<string, string>> }[] {
    return this.#keepers.queues.entries().flatMap(([name, text]) => {
      const parsed = parseJson(Attributes, text);
      return parsed.ok ? [{ name, attributes: parsed.value }] : [];
    });
  }

  messages(): readonly (StoredMessage & { readonly key: string })[] {
    return this.#keepers.messages.entries().flatMap(([key, text]) => {
      const parsed = parseJson(StoredMessage, text);
      return parsed.ok ? [{ key, ...parsed.value }] : [];
    });
  }

  /** A stored message was sent again, and has this id now. */
  resent(key: string, reply: unknown): void {
    const sent = parseValue(Sent, reply);
    if (sent.ok) this.#keys.set(sent.value.MessageId, key);
  }

  /** Takes note of an operation that succeeded. */
  note(operation: SqsOperation, queue: string, request: SqsRequest, reply: unknown): void {
    switch (operation) {
      case 'CreateQueue':
        this.#noteAttributes(request.QueueName ?? '', request);
        return;
      case 'SetQueueAttributes':
        this.#noteAttributes(queue, request);
        return;
      case 'DeleteQueue':
        this.#keepers.queues.delete(queue);
        this.#purge(queue);
        return;
      case 'PurgeQueue':
        this.#purge(queue);
        return;
      case 'SendMessage':
        this.#noteSent(queue, request, reply);
        return;
      case 'SendMessageBatch':
        this.#noteBatch(queue, request, reply);
        return;
      case 'ReceiveMessage': {
        const received = parseValue(Received, reply);
        if (received.ok)
          for (const { MessageId, ReceiptHandle } of received.value.Messages ?? [])
            this.#handles.set(ReceiptHandle, MessageId);
        return;
      }
      case 'DeleteMessage': {
        const deleted = parseValue(Deleted, request);
        if (deleted.ok) this.#noteDeleted(deleted.value.ReceiptHandle);
        return;
      }
      case 'DeleteMessageBatch': {
        const done = parseValue(Done, reply);
        const ids = new Set(done.ok ? done.value.Successful.map(({ Id }) => Id) : []);
        for (const entry of entriesOf(request)) {
          const deleted = parseValue(Deleted, entry);
          if (ids.has(entry.Id) && deleted.ok) this.#noteDeleted(deleted.value.ReceiptHandle);
        }
        return;
      }
      default:
    }
  }

  #noteAttributes(queue: string, request: SqsRequest): void {
    const parsed = parseValue(QueueInput, request);
    const before = this.queues().find(({ name }) => name === queue)?.attributes ?? {};
    const attributes = { ...before, ...(parsed.ok ? parsed.value.Attributes : {}) };
    this.#keepers.queues.put(queue, JSON.stringify(attributes));
  }

  #noteSent(queue: string, { QueueUrl: _url, ...request }: SqsRequest, reply: unknown): void {
    const sent = parseValue(Sent, reply);
    if (!sent.ok) return;
    const { MessageId } = sent.value;
    // A duplicate in a FIFO queue has the id of the message before it, which may be gone by now.
    if (this.#keys.has(MessageId)) return;
    this.#keys.set(MessageId, MessageId);
    this.#keepers.messages.put(MessageId, JSON.stringify({ queue, request }));
  }

  #noteBatch(queue: string, request: SqsRequest, reply: unknown): void {
    const sent = parseValue(SentAll, reply);
    if (!sent.ok) return;
    const entries = new Map(entriesOf(request).map((entry) => [entry.Id, entry]));
    for (const { Id, MessageId } of sent.value.Successful) {
      const entry = entries.get(Id);
      if (entry === undefined) continue;
      const { Id: _id, ...message } = entry;
      this.#noteSent(queue, message, { MessageId });
    }
  }

  #noteDeleted(receiptHandle: string): void {
    const messageId = this.#handles.get(receiptHandle);
    if (messageId === undefined) return;
    this.#handles.delete(receiptHandle);
    this.#keepers.messages.delete(this.#keys.get(messageId) ?? messageId);
    this.#keys.delete(messageId);
  }

  #purge(queue: string): void {
    for (const message of this.messages())
      if (message.queue === queue) this.#keepers.messages.delete(message.key);
  }
}

function entriesOf(request: SqsRequest) {
  const parsed = parseValue(Entries, request);
  return parsed.ok ? parsed.value.Entries : [];
}
