import { describeIssues, parseValue } from '@stepcast/contracts';
import type { QueueMessage, QueueVerdict } from '@stepcast/kit';
import * as z from 'zod';

const Event = z.object({
  Records: z.array(
    z.object({
      messageId: z.string(),
      body: z.string(),
      attributes: z.object({ ApproximateReceiveCount: z.coerce.number().int().min(1) }),
    }),
  ),
});

/** What Lambda's reader of a queue takes: these messages stay there, all others are deleted. */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * Takes the queue of first logins from Lambda's own reader. A message that is to be handled again comes after the queue's
 * visibility timeout. The reader must ask for `ReportBatchItemFailures`.
 * @throws TypeError when the event is of no queue; the whole batch is delivered again then
 */
export function createFirstLoginsFunction(
  handle: (messages: readonly QueueMessage[]) => Promise<ReadonlyMap<string, QueueVerdict>>,
): (event: unknown) => Promise<BatchAnswer> {
  return async (event) => {
    const parsed = parseValue(Event, event);
    if (!parsed.ok) throw new TypeError(`no event of a queue: ${describeIssues(parsed.issues)}`);
    const messages = parsed.value.Records.map(({ messageId, body, attributes }) => ({
      id: messageId,
      body,
      receiveCount: attributes.ApproximateReceiveCount,
      groupId: undefined,
    }));
    const verdicts = await handle(messages);
    return {
      batchItemFailures: messages
        .filter(({ id }) => verdicts.get(id) !== 'done')
        .map(({ id }) => ({ itemIdentifier: id })),
    };
  };
}
