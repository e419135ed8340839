import { describeIssues, type ParseResult } from '@stepcast/contracts';
import type { QueueMessage, QueueVerdict } from '@stepcast/kit';
import { queueText, type RecordBatch } from '@stepcast/wire';
import type { IncomingBatch } from './incoming.ts';

/** A message in hand. Each is settled by itself, as soon as its work is done. */
export interface MessageInHand extends QueueMessage {
  readonly settle: (verdict: QueueVerdict) => void;
}

/** What one message of the events queue, or several of one execution, ask for. */
export interface EventGroup {
  readonly batch: IncomingBatch;
  readonly messages: readonly MessageInHand[];
}

/** A message whose body is no batch. */
export interface UnreadableMessage {
  readonly message: MessageInHand;
  readonly problem: string;
}

/** What one receive brought of one execution is processed together: one write instead of several. */
export function groupByExecution(
  messages: readonly MessageInHand[],
  parse: (body: string) => ParseResult<RecordBatch>,
): { readonly groups: readonly EventGroup[]; readonly unreadable: readonly UnreadableMessage[] } {
  const groups = new Map<string, EventGroup>();
  const unreadable: UnreadableMessage[] = [];
  for (const message of messages) {
    const parsed = parse(message.body);
    if (!parsed.ok) {
      unreadable.push({ message, problem: describeIssues(parsed.issues) });
      continue;
    }
    const { executionArn, records, reload } = parsed.value;
    const before = groups.get(executionArn);
    groups.set(executionArn, {
      batch:
        before === undefined
          ? parsed.value
          : {
              ...before.batch,
              records: [...before.batch.records, ...records],
              reload: reload ?? before.batch.reload,
            },
      messages: [...(before?.messages ?? []), message],
    });
  }
  return { groups: [...groups.values()], unreadable };
}

/** A batch that comes in without a queue, as a message. */
export class BatchInHand implements MessageInHand {
  readonly receiveCount = 1;
  readonly groupId = undefined;
  readonly settle: MessageInHand['settle'];
  readonly #batch: IncomingBatch;

  constructor(batch: IncomingBatch, settle: MessageInHand['settle']) {
    this.#batch = batch;
    this.settle = settle;
  }

  /** The same batch again has the same ID, so that its failures add up. */
  get id(): string {
    const { executionArn, records } = this.#batch;
    return `${executionArn} ${records[0]?.id ?? 0} ${records.length}`;
  }

  /** Rendered for a dead letter only. */
  get body(): string {
    const { executionArn, records } = this.#batch;
    return queueText({ version: 1, executionArn, records });
  }
}
