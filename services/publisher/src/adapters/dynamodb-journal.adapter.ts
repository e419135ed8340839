import { describeIssues, Epoch, OverviewEntry, parseJson, type ParseResult } from '@stepcast/contracts';
import { DynamoDbError, type DynamoDb, type DynamoInputs } from '@stepcast/kit/dynamodb';
import {
  compileSchema,
  JOURNAL_KEYS,
  journalKeys,
  LINE_PREFIX,
  readEntry,
  type CompiledSchema,
  type StoredEntry,
} from '@stepcast/wire';
import * as z from 'zod/mini';
import { addLines, type Lines } from '../domain/overview.ts';
import type { StreamRef } from '../domain/positions.ts';
import { JournalUnavailableError, type Journal } from '../ports/journal.port.ts';

export interface DynamoDbJournalOptions {
  readonly dynamodb: DynamoDb;
  readonly tableName: string;
}

/** The overview of one identity is read to its end, but not beyond this many pages of 1 MB. */
const MAX_LINE_PAGES = 20;
/** Entries from one snapshot to the next, the first included: a query that far finds one. */
const SNAPSHOT_DISTANCE = 10;

const Value = z.union([
  z.object({ S: z.string() }),
  z.object({ N: z.string() }),
  z.object({ BOOL: z.boolean() }),
]);
const Item = z.record(z.string(), Value);
type Item = z.infer<typeof Item>;
const Queried = compileSchema(z.looseObject({ Items: z.array(Item), LastEvaluatedKey: z.optional(Item) }));
type Queried = ReturnType<typeof Queried.parseText> extends ParseResult<infer T> ? T : never;

function malformed(what: string): JournalUnavailableError {
  return new JournalUnavailableError(`${what} is malformed`, { retryable: false });
}

function textOf(item: Item, name: string): string {
  const value = item[name];
  if (value === undefined || !('S' in value)) throw malformed(`the attribute ${name} of an item`);
  return value.S;
}

/** A request that is wrong today is wrong tomorrow; outages, throttling and missing rights pass. */
function unavailable(thrown: unknown): JournalUnavailableError {
  const reason = thrown instanceof DynamoDbError ? thrown.reason : 'unknown';
  return new JournalUnavailableError(reason, { cause: thrown, retryable: reason !== 'ValidationException' });
}

async function call<Operation extends keyof DynamoInputs, T>(
  dynamodb: DynamoDb,
  operation: Operation,
  input: DynamoInputs[Operation],
  schema: CompiledSchema<T>,
): Promise<T> {
  const text = await dynamodb.send(operation, input).catch((thrown: unknown) => {
    throw unavailable(thrown);
  });
  const answer = schema.parseText(text);
  if (answer.ok) return answer.value;
  const reason = `the answer does not read: ${describeIssues(answer.issues)}`;
  throw new JournalUnavailableError(reason, { retryable: true });
}

function entryOf(item: Item): StoredEntry {
  const entry = readEntry(item);
  if (entry.ok) return entry.value;
  throw new JournalUnavailableError(`an entry is malformed: ${describeIssues(entry.issues)}`, {
    retryable: false,
  });
}

type Query = Omit<DynamoInputs['Query'], 'TableName' | 'ConsistentRead'>;

/** Reads the journal table, on DynamoDB and what speaks like it. Only Query, always consistent. */
export function createDynamoDbJournal({ dynamodb, tableName }: DynamoDbJournalOptions): Journal {
  async function* pagesOf(input: Query): AsyncGenerator<readonly Item[]> {
    let startKey: Item | undefined;
    do {
      const whole = { TableName: tableName, ConsistentRead: true, ...input, ExclusiveStartKey: startKey };
      const page: Queried = await call(dynamodb, 'Query', whole, Queried);
      startKey = page.LastEvaluatedKey;
      yield page.Items;
    } while (startKey !== undefined);
  }

  async function firstOf(input: Query): Promise<Item | undefined> {
    for await (const [item] of pagesOf({ ...input, Limit: 1 })) return item;
    return undefined;
  }

  const partitionOf = ({ identityId, uploadId, epoch }: StreamRef) =>
    journalKeys.stream(identityId, uploadId, epoch);
  const newestFirst = (pk: string): Query => ({
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: pk } },
    ScanIndexForward: false,
  });

  return {
    async newestEpoch(identityId, uploadId) {
      const item = await firstOf(newestFirst(journalKeys.upload(identityId, uploadId)));
      if (item === undefined) return undefined;
      const [epochStartedAt = '', token] = textOf(item, JOURNAL_KEYS.sort).split('#');
      const epoch = Epoch.safeParse(token).data;
      if (epoch === undefined) throw malformed('the key of an epoch');
      return { epoch, epochStartedAt };
    },

    async sinceSnapshot(stream) {
      const entries: StoredEntry[] = [];
      for await (const items of pagesOf({ ...newestFirst(partitionOf(stream)), Limit: SNAPSHOT_DISTANCE }))
        for (const item of items) {
          const entry = entryOf(item);
          entries.push(entry);
          if (entry.snapshot !== undefined) return entries.toReversed();
        }
      // The oldest have expired, and the snapshot with them.
      return entries.toReversed();
    },

    async newestFirstOffset(stream) {
      const item = await firstOf({ ...newestFirst(partitionOf(stream)), ProjectionExpression: 'sk' });
      return item === undefined ? undefined : Number(textOf(item, JOURNAL_KEYS.sort));
    },

    async *entriesFrom(stream, offset) {
      const { pk, sk } = journalKeys.entry(stream.identityId, stream.uploadId, stream.epoch, offset);
      // Keys are first offsets: the entry that holds an offset is the last one that does not begin after it.
      const holder = await firstOf({
        KeyConditionExpression: 'pk = :pk AND sk <= :sk',
        ExpressionAttributeValues: { ':pk': { S: pk }, ':sk': { S: sk } },
        ScanIndexForward: false,
        ProjectionExpression: 'sk',
      });
      const from = holder === undefined ? sk : textOf(holder, JOURNAL_KEYS.sort);
      const query: Query = {
        KeyConditionExpression: 'pk = :pk AND sk >= :sk',
        ExpressionAttributeValues: { ':pk': { S: pk }, ':sk': { S: from } },
      };
      for await (const items of pagesOf(query))
        for (const item of items) {
          const entry = entryOf(item);
          if (entry.lastOffset >= offset) yield entry;
        }
    },

    async lines(identityId) {
      const lines: Lines = new Map();
      let pages = 0;
      let complete = true;
      const query: Query = {
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :upload)',
        ExpressionAttributeValues: {
          ':pk': { S: journalKeys.identity(identityId) },
          ':upload': { S: LINE_PREFIX },
        },
      };
      for await (const items of pagesOf(query)) {
        if (pages === MAX_LINE_PAGES) return { lines: [...lines.values()], pages, complete: false };
        pages += 1;
        for (const item of items) {
          const line = parseJson(OverviewEntry, textOf(item, JOURNAL_KEYS.line));
          // One that does not read is not listed, and hides none of the others.
          if (line.ok) addLines(lines, [line.value]);
          else complete = false;
        }
      }
      return { lines: [...lines.values()], pages, complete };
    },
  };
}
