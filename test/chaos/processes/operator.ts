import {
  DynamoDBClient,
  ScanCommand,
  type AttributeValue,
  type ScanCommandOutput,
} from '@aws-sdk/client-dynamodb';
import {
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { describeIssues, parseJson, ProgressEvent } from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import {
  DeadLetter,
  JOURNAL_TABLE_NAME,
  QUEUE_NAMES,
  readEntry,
  type JournalAttribute,
  type JournalAttributes,
} from '@stepcast/wire';
import { findCanaries, type CanaryFound } from './canaries.ts';
import type { SeenEvents } from './history.ts';
import { seenEvent } from './witness.ts';
import * as z from 'zod/mini';

/** What an operator reads and writes, past all proxies. */
export interface OperatorTools {
  /** All entries of all streams, and the canaries in any item of the table. */
  readJournal(): Promise<{
    readonly entries: readonly SeenEvents[];
    readonly canaries: readonly CanaryFound[];
  }>;
  /** Takes every dead letter off its queue. */
  readDeadLetters(): Promise<{
    readonly letters: readonly ReadLetter[];
    readonly canaries: readonly CanaryFound[];
  }>;
  /** Messages on each queue that waits for a consumer: visible and in the hands of one, as `visible+hidden`. Empty queues are left out. */
  queueDepths(): Promise<Readonly<Record<string, string>>>;
  send(queueName: string, body: string, groupId: string): Promise<void>;
  close(): void;
}

export interface ReadLetter {
  readonly service: string;
  readonly code: string;
  readonly reason: string;
  /** Whether it is about a message that was poison from the start. */
  readonly poison: boolean;
}

const Events = z.array(ProgressEvent);
const STREAM_KEY = /^stream#([^#]+)#([^#]+)#([^#]+)$/;
/** Receives in a row that bring nothing before a queue counts as empty. */
const EMPTY_RECEIVES = 3;

function attributesOf(item: Readonly<Record<string, AttributeValue>>): JournalAttributes {
  const attributes: Record<string, JournalAttribute> = {};
  for (const [name, { S, N, BOOL }] of Object.entries(item))
    if (S !== undefined) attributes[name] = { S };
    else if (N !== undefined) attributes[name] = { N };
    else if (BOOL !== undefined) attributes[name] = { BOOL };
  return attributes;
}

/** What an entry says of its offsets and what its events say are both there for the checker to compare. */
function readEvents(
  pk: string,
  item: JournalAttributes,
): Pick<SeenEvents, 'firstOffset' | 'lastOffset' | 'events'> {
  const unreadable = (issues: Parameters<typeof describeIssues>[0]) =>
    new Error(`an entry of ${pk} is unreadable: ${describeIssues(issues)}`);
  const entry = readEntry(item);
  if (!entry.ok) throw unreadable(entry.issues);
  const { firstOffset, lastOffset } = entry.value;
  const events = parseJson(Events, entry.value.events);
  if (!events.ok) throw unreadable(events.issues);
  return { firstOffset, lastOffset, events: events.value.map(seenEvent) };
}

export function operatorTools(sandbox: Sandbox): OperatorTools {
  const { region, endpoints, accountId } = sandbox.info;
  const { accessKeyId, secretAccessKey } = sandbox.access.root;
  const credentials = { accessKeyId, secretAccessKey };
  const dynamodb = new DynamoDBClient({ region, endpoint: endpoints.dynamodb, credentials });
  const sqs = new SQSClient({ region, endpoint: endpoints.sqs, credentials });
  const queueUrl = (name: string) => `${endpoints.sqs}/${accountId}/${name}`;

  return {
    async readJournal() {
      const entries: SeenEvents[] = [];
      const canaries: CanaryFound[] = [];
      let start: ScanCommandOutput['LastEvaluatedKey'];
      do {
        const page: ScanCommandOutput = await dynamodb.send(
          new ScanCommand({ TableName: JOURNAL_TABLE_NAME, ExclusiveStartKey: start }),
        );
        for (const item of page.Items ?? []) {
          const pk = item['pk']?.S ?? '';
          // Inputs of managed starts and parked records are the correlator's own; what leaves it is in streams and lines.
          if (pk.startsWith('stream#') || pk.startsWith('identity#'))
            canaries.push(...findCanaries('journal', pk, JSON.stringify(item)));
          const stream = STREAM_KEY.exec(pk);
          if (stream === null) continue;
          const [, identityId = '', uploadId = '', epoch = ''] = stream;
          entries.push({ identityId, uploadId, epoch, ...readEvents(pk, attributesOf(item)) });
        }
        start = page.LastEvaluatedKey;
      } while (start !== undefined);
      return { entries, canaries };
    },

    async readDeadLetters() {
      const letters: ReadLetter[] = [];
      const canaries: CanaryFound[] = [];
      const QueueUrl = queueUrl(QUEUE_NAMES.deadLetters);
      for (let empty = 0; empty < EMPTY_RECEIVES;) {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
        );
        empty = Messages.length === 0 ? empty + 1 : 0;
        for (const { Body = '' } of Messages) {
          const letter = parseJson(DeadLetter, Body);
          if (!letter.ok) throw new Error(`a dead letter is unreadable: ${JSON.stringify(letter.issues)}`);
          const { original = '', ...said } = letter.value;
          canaries.push(
            ...findCanaries('deadLetter', said.service, JSON.stringify(said)),
            ...findCanaries('deadLetterOriginal', said.service, original),
          );
          const { service, code, reason } = said;
          letters.push({ service, code, reason, poison: original.includes('stepcanary-poison-') });
        }
        if (Messages.length > 0)
          await sqs.send(
            new DeleteMessageBatchCommand({
              QueueUrl,
              Entries: Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
            }),
          );
      }
      return { letters, canaries };
    },

    async queueDepths() {
      const depths: Record<string, string> = {};
      for (const name of [
        QUEUE_NAMES.uploads,
        QUEUE_NAMES.status,
        QUEUE_NAMES.events,
        QUEUE_NAMES.progress,
      ]) {
        const { Attributes = {} } = await sqs.send(
          new GetQueueAttributesCommand({
            QueueUrl: queueUrl(name),
            AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
          }),
        );
        const visible = Attributes['ApproximateNumberOfMessages'] ?? '0';
        const hidden = Attributes['ApproximateNumberOfMessagesNotVisible'] ?? '0';
        if (visible !== '0' || hidden !== '0') depths[name] = `${visible}+${hidden}`;
      }
      return depths;
    },

    async send(queueName, body, groupId) {
      const fifo = queueName.endsWith('.fifo')
        ? { MessageGroupId: groupId, MessageDeduplicationId: groupId }
        : {};
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl(queueName), MessageBody: body, ...fifo }));
    },

    close() {
      dynamodb.destroy();
      sqs.destroy();
    },
  };
}
