import { describeIssues, Epoch, parseJson, UploadId, type OverviewEntry } from '@stepcast/contracts';
import { JOURNAL_KEYS, JournalEntryBody, journalKeys, UploadSummaryBody } from '@stepcast/wire';
import type { Clock } from '@stepcast/kit';
import { DynamoDbError, type DynamoDb, type DynamoInputs } from '@stepcast/kit/dynamodb';
import * as z from 'zod';
import type { StreamRef } from '../domain/positions.ts';
import {
  JournalUnavailableError,
  type Journal,
  type JournalEntry,
  type UploadSummaries,
} from '../ports/journal.port.ts';

export interface DynamoDbJournalOptions {
  readonly dynamodb: DynamoDb;
  readonly tableName: string;
  readonly clock: Clock;
  /** How long a summary outlives its last change; it should not end before the journal's entries. */
  readonly summaryRetentionSeconds: number;
}

/** The overview of one identity is read to its end, but not beyond this many pages of 1 MB. */
const MAX_SUMMARY_PAGES = 20;

const Value = z.union([z.object({ S: z.string() }), z.object({ N: z.string() })]);
const Item = z.record(z.string(), Value);
type Item = z.infer<typeof Item>;
const Got = z.object({ Item: Item.optional() });
const Queried = z.object({ Items: z.array(Item), LastEvaluatedKey: Item.optional() });

function textOf(item: Item, name: string): string {
  const value = item[name];
  if (value === undefined || !('S' in value))
    throw new JournalUnavailableError(`an item has no text attribute ${name}`, { retryable: false });
  return value.S;
}

const HOPELESS = new Set(['ValidationException', 'AccessDeniedException', 'ResourceNotFoundException']);

/** Throttling and outages pass; a request that is wrong today is wrong tomorrow. */
function unavailable(thrown: unknown): JournalUnavailableError {
  const reason = thrown instanceof DynamoDbError ? thrown.reason : 'unknown';
  return new JournalUnavailableError(reason, { cause: thrown, retryable: !HOPELESS.has(reason) });
}

async function call<Operation extends keyof DynamoInputs, S extends z.ZodType>(
  dynamodb: DynamoDb,
  operation: Operation,
  input: DynamoInputs[Operation],
  schema: S,
): Promise<z.output<S>> {
  const text = await dynamodb.send(operation, input).catch((thrown: unknown) => {
    throw unavailable(thrown);
  });
  const answer = parseJson(schema, text);
  if (answer.ok) return answer.value;
  const reason = `the answer does not read: ${describeIssues(answer.issues)}`;
  throw new JournalUnavailableError(reason, { retryable: true });
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
  const { dynamodb, tableName } = options;

  function query(input: Omit<DynamoInputs['Query'], 'TableName' | 'ConsistentRead'>) {
    return call(dynamodb, 'Query', { TableName: tableName, ConsistentRead: true, ...input }, Queried);
  }

  async function firstOf(input: Parameters<typeof query>[0]): Promise<Item | undefined> {
    const { Items } = await query({ ...input, Limit: 1 });
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

    async newestFirstOffset(stream) {
      const item = await firstOf({
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: partitionOf(stream) } },
        ScanIndexForward: false,
        ProjectionExpression: 'sk',
      });
      return item === undefined ? undefined : Number(textOf(item, JOURNAL_KEYS.sort));
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
      let startKey: Item | undefined;
      do {
        const page = await query({
          KeyConditionExpression: 'pk = :pk AND sk >= :sk',
          ExpressionAttributeValues: { ':pk': { S: pk }, ':sk': { S: from } },
          ExclusiveStartKey: startKey,
        });
        for (const item of page.Items) {
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
  const { dynamodb, tableName, clock, summaryRetentionSeconds } = options;
  return {
    async read(identityId, uploadId) {
      const { pk, sk } = journalKeys.upload(identityId, uploadId);
      const key = { pk: { S: pk }, sk: { S: sk } };
      const input = { TableName: tableName, Key: key, ConsistentRead: true };
      const found = await call(dynamodb, 'GetItem', input, Got);
      return found.Item === undefined ? undefined : summaryOf(found.Item);
    },

    async readAll(identityId) {
      const entries: OverviewEntry[] = [];
      let pages = 0;
      let startKey: Item | undefined;
      do {
        const input = {
          TableName: tableName,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :upload)',
          ExpressionAttributeValues: {
            ':pk': { S: journalKeys.upload(identityId, UploadId.parse('a'.repeat(26))).pk },
            ':upload': { S: 'upload#' },
          },
          ConsistentRead: true,
          ExclusiveStartKey: startKey,
        };
        const page = await call(dynamodb, 'Query', input, Queried);
        pages += 1;
        entries.push(...page.Items.map(summaryOf));
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
        await dynamodb.send('PutItem', {
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
        });
        return 'written';
      } catch (thrown) {
        if (thrown instanceof DynamoDbError && thrown.reason === 'ConditionalCheckFailedException')
          return 'newerExists';
        throw unavailable(thrown);
      }
    },
  };
}
