import {
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type AttributeValue,
  type DynamoDBClient,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import {
  describeIssues,
  Epoch,
  JOURNAL_KEYS,
  JournalEntryBody,
  journalKeys,
  parseJson,
  UploadId,
  UploadSummaryBody,
  type OverviewEntry,
} from '@stepcast/contracts';
import { asError, type Clock } from '@stepcast/kit';
import type { StreamRef } from '../domain/positions.ts';
import {
  JournalUnavailableError,
  type Journal,
  type JournalEntry,
  type UploadSummaries,
} from '../ports/journal.port.ts';

export interface DynamoDbJournalOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly clock: Clock;
  /** How long a summary outlives its last change; it should not end before the journal's entries. */
  readonly summaryRetentionSeconds: number;
}

/** The overview of one identity is read to its end, but not beyond this many pages of 1 MB. */
const MAX_SUMMARY_PAGES = 20;

type Item = Readonly<Record<string, AttributeValue>>;

function textOf(item: Item, name: string): string {
  const text = item[name]?.S;
  if (text === undefined)
    throw new JournalUnavailableError(`an item has no text attribute ${name}`, { retryable: false });
  return text;
}

/** Throttling and outages pass; a request that is wrong today is wrong tomorrow. */
async function call<T>(send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (thrown) {
    const error = asError(thrown);
    const retryable = !['ValidationException', 'AccessDeniedException', 'ResourceNotFoundException'].includes(
      error.name,
    );
    throw new JournalUnavailableError(error.name, { cause: thrown, retryable });
  }
}

function entryOf(item: Item): JournalEntry {
  const body = parseJson(JournalEntryBody, textOf(item, JOURNAL_KEYS.body));
  const firstOffset = Number(textOf(item, JOURNAL_KEYS.sort));
  if (!body.ok)
    throw new JournalUnavailableError(`an entry is malformed: ${describeIssues(body.issues)}`, {
      retryable: false,
    });
  const { source, epochStartedAt, events, state } = body.value;
  return {
    firstOffset,
    lastOffset: firstOffset + events.length - 1,
    source,
    epochStartedAt,
    events,
    state,
  };
}

/** Reads the journal table, on DynamoDB and what speaks like it. Only Query and GetItem, always consistent. */
export function createDynamoDbJournal(options: DynamoDbJournalOptions): Journal {
  const { client, tableName } = options;

  async function query(input: Omit<QueryCommandInput, 'TableName' | 'ConsistentRead'>) {
    return call(() =>
      client.send(new QueryCommand({ TableName: tableName, ConsistentRead: true, ...input })),
    );
  }

  async function firstOf(input: Parameters<typeof query>[0]): Promise<Item | undefined> {
    const { Items = [] } = await query({ ...input, Limit: 1 });
    return Items[0];
  }

  const partitionOf = ({ identityId, uploadId, epoch }: StreamRef) =>
    journalKeys.entry(identityId, uploadId, epoch, 1).pk;
  const sortOf = ({ identityId, uploadId, epoch }: StreamRef, offset: number) =>
    journalKeys.entry(identityId, uploadId, epoch, offset).sk;

  return {
    async newestEpoch(identityId, uploadId) {
      const { pk } = journalKeys.epoch(identityId, uploadId, Epoch.parse('x'), '');
      const item = await firstOf({
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: pk } },
        ScanIndexForward: false,
      });
      if (item === undefined) return undefined;
      const [epochStartedAt = '', token] = textOf(item, JOURNAL_KEYS.sort).split('#');
      const epoch = Epoch.safeParse(token).data;
      if (epoch === undefined)
        throw new JournalUnavailableError('the key of an epoch is malformed', { retryable: false });
      return { epoch, epochStartedAt };
    },

    async newestEntry(stream) {
      const item = await firstOf({
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: partitionOf(stream) } },
        ScanIndexForward: false,
      });
      return item === undefined ? undefined : entryOf(item);
    },

    async *entriesFrom(stream, offset) {
      const pk = partitionOf(stream);
      // Keys are first offsets: the entry that holds an offset is the last one that does not begin after it.
      const holder = await firstOf({
        KeyConditionExpression: 'pk = :pk AND sk <= :sk',
        ExpressionAttributeValues: { ':pk': { S: pk }, ':sk': { S: sortOf(stream, offset) } },
        ScanIndexForward: false,
        ProjectionExpression: 'sk',
      });
      const from = holder === undefined ? sortOf(stream, offset) : textOf(holder, JOURNAL_KEYS.sort);
      let startKey: Record<string, AttributeValue> | undefined;
      do {
        const page = await query({
          KeyConditionExpression: 'pk = :pk AND sk >= :sk',
          ExpressionAttributeValues: { ':pk': { S: pk }, ':sk': { S: from } },
          ExclusiveStartKey: startKey,
        });
        for (const item of page.Items ?? []) {
          const entry = entryOf(item);
          if (entry.lastOffset >= offset) yield entry;
        }
        startKey = page.LastEvaluatedKey;
      } while (startKey !== undefined);
    },
  };
}

function summaryOf(item: Item): OverviewEntry {
  const body = parseJson(UploadSummaryBody, textOf(item, JOURNAL_KEYS.body));
  if (!body.ok)
    throw new JournalUnavailableError(`a summary is malformed: ${describeIssues(body.issues)}`, {
      retryable: false,
    });
  return body.value;
}

/**
 * The `identity#` items of the journal table. Beside `body` they carry `epochStartedAt`, `epoch` and `lastOffset`, so
 * that a write can be conditional on them.
 */
export function createDynamoDbSummaries(options: DynamoDbJournalOptions): UploadSummaries {
  const { client, tableName, clock, summaryRetentionSeconds } = options;
  return {
    async read(identityId, uploadId) {
      const { pk, sk } = journalKeys.upload(identityId, uploadId);
      const { Item } = await call(() =>
        client.send(
          new GetItemCommand({
            TableName: tableName,
            Key: { pk: { S: pk }, sk: { S: sk } },
            ConsistentRead: true,
          }),
        ),
      );
      return Item === undefined ? undefined : summaryOf(Item);
    },

    async readAll(identityId) {
      const entries: OverviewEntry[] = [];
      let pages = 0;
      let startKey: Record<string, AttributeValue> | undefined;
      do {
        const page = await call(() =>
          client.send(
            new QueryCommand({
              TableName: tableName,
              KeyConditionExpression: 'pk = :pk AND begins_with(sk, :upload)',
              ExpressionAttributeValues: {
                ':pk': { S: journalKeys.upload(identityId, UploadId.parse('a'.repeat(26))).pk },
                ':upload': { S: 'upload#' },
              },
              ConsistentRead: true,
              ExclusiveStartKey: startKey,
            }),
          ),
        );
        pages += 1;
        entries.push(...(page.Items ?? []).map(summaryOf));
        startKey = page.LastEvaluatedKey;
      } while (startKey !== undefined && pages < MAX_SUMMARY_PAGES);
      return { entries, pages, complete: startKey === undefined };
    },

    async write(identityId, entry) {
      const { pk, sk } = journalKeys.upload(identityId, entry.uploadId);
      const expiresAt = Math.floor(clock.nowMs() / 1000) + summaryRetentionSeconds;
      const notThere = 'attribute_not_exists(pk)';
      const olderEpoch = 'epochStartedAt < :startedAt';
      const olderOfTwins = '(epochStartedAt = :startedAt AND epoch < :epoch)';
      const olderOffset = '(epoch = :epoch AND lastOffset < :offset)';
      try {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: {
              pk: { S: pk },
              sk: { S: sk },
              body: { S: JSON.stringify(entry) },
              epochStartedAt: { S: entry.epochStartedAt },
              epoch: { S: entry.position.epoch },
              lastOffset: { N: String(entry.position.offset) },
              expiresAt: { N: String(expiresAt) },
            },
            ConditionExpression: [notThere, olderEpoch, olderOfTwins, olderOffset].join(' OR '),
            ExpressionAttributeValues: {
              ':startedAt': { S: entry.epochStartedAt },
              ':epoch': { S: entry.position.epoch },
              ':offset': { N: String(entry.position.offset) },
            },
          }),
        );
        return 'written';
      } catch (thrown) {
        if (asError(thrown).name === 'ConditionalCheckFailedException') return 'newerExists';
        return call(() => Promise.reject(asError(thrown)));
      }
    },
  };
}
