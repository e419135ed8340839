import * as z from 'zod';
import { startJsonServer } from '../../aws/testing/json-server.ts';

const Batch = z.object({
  Entries: z.array(z.object({ ReceiptHandle: z.string(), VisibilityTimeout: z.number().optional() })),
});

export interface SqsServer {
  readonly endpoint: string;
  /** Bodies that the next receive brings, as messages `id-…` with the handles `handle-…`. */
  readonly messages: string[];
  /** Handles of deletes. */
  readonly deleted: string[];
  /** Handles and seconds of changes of visibility. */
  readonly changed: [string, number][];
  /** Resolves when it holds, which is checked after each request. */
  until(holds: () => boolean): Promise<void>;
  close(): Promise<void>;
}

/** One queue over HTTP, whose receives are empty when `messages` is. */
export async function startSqsServer(): Promise<SqsServer> {
  const messages: string[] = [];
  const deleted: string[] = [];
  const changed: [string, number][] = [];
  const waiting = new Set<() => void>();
  const server = await startJsonServer(async ({ operation, body }) => {
    const reply = { status: 200, body: answer(operation, body) };
    for (const check of waiting) check();
    // As a long poll, but short.
    if (operation === 'ReceiveMessage' && reply.body === '{}')
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
    return reply;
  });

  function answer(operation: string, body: string): string {
    if (operation === 'ReceiveMessage') {
      const Messages = messages.splice(0, 10).map((text) => ({
        MessageId: `id-${text}`,
        ReceiptHandle: `handle-${text}`,
        Body: text,
        Attributes: { ApproximateReceiveCount: '3', SentTimestamp: '1700000000000' },
      }));
      return Messages.length === 0 ? '{}' : JSON.stringify({ Messages });
    }
    for (const { ReceiptHandle, VisibilityTimeout } of Batch.parse(JSON.parse(body)).Entries)
      if (operation === 'DeleteMessageBatch') deleted.push(ReceiptHandle);
      else changed.push([ReceiptHandle, VisibilityTimeout ?? -1]);
    return '{"Successful":[]}';
  }

  return {
    endpoint: server.endpoint,
    messages,
    deleted,
    changed,
    until(holds) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const check = () => {
        if (!holds()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
      return promise;
    },
    close: () => server.close(),
  };
}
