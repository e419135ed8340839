import { describeIssues, parseJson } from '@stepcast/contracts';
import { fullJitterMs, isThrottle, pause, type Timers } from '@stepcast/kit';
import { DynamoDbError, type DynamoDb } from '@stepcast/kit/dynamodb';
import { JOURNAL_KEYS, type JournalAttributes } from '@stepcast/wire';
import * as z from 'zod';
import { Gatherer } from './gatherer.ts';
import { StoreError, storeErrorOf, storeFailureKind } from './store-error.ts';

/** Writes items that are never changed. */
export interface InsertGatherer {
  /**
   * Writes an item unless its key is taken. After an answer that got lost, the item that takes the key may be this one.
   * @param item with its keys
   * @throws StoreError
   */
  insert(item: JournalAttributes): Promise<'written' | 'taken'>;
  /** Refuses new items, and resolves when those in hand are settled. */
  close(): Promise<void>;
}

/**
 * BatchExecuteStatement takes 25 statements; a request of 16 MB is the API's limit, 1 MB ours. A second call begins only
 * when it is full, so a store that answers fast sees few calls, and one that takes 20 ms still takes 20,000 statements a
 * second.
 */
const LIMITS = { maxRequests: 25, maxBytes: 1024 * 1024, maxCalls: 16 };
const BACKOFF = { baseMs: 50, capMs: 1_000 };
const MAX_ATTEMPTS = 8;

/** API reference, BatchStatementError: what the same statement can overcome later. */
const PASSING = new Set([
  'InternalServerError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'ThrottlingError',
  'TransactionConflict',
]);
const TAKEN = new Set(['DuplicateItem', 'ConditionalCheckFailed']);
/** How an endpoint says that it does not have the operation: AWS's own names, and HTTP's. */
const UNKNOWN_OPERATION = new Set([
  'UnknownOperationException',
  'UnknownOperation',
  'NotImplemented',
  'NotImplementedException',
  'HTTP 501',
]);

const Answer = z.object({
  Responses: z.array(z.object({ Error: z.object({ Code: z.string() }).optional() })),
});

/** What became of one item. */
type Result = 'written' | 'taken' | { readonly error: StoreError; readonly passes: boolean };

function resultOf(code: string | undefined): Result {
  if (code === undefined) return 'written';
  if (TAKEN.has(code)) return 'taken';
  const passes = PASSING.has(code);
  const kind = storeFailureKind(code, passes ? 'infrastructure' : 'unexpected');
  return { error: new StoreError(`INSERT: ${code}`, kind), passes };
}

/** An item on its way. */
interface Insert {
  readonly item: JournalAttributes;
  /** Its statement as JSON text. */
  readonly statement: string;
}

function keyOf(item: JournalAttributes): string {
  const [partition, sort] = [item[JOURNAL_KEYS.partition], item[JOURNAL_KEYS.sort]];
  const text = (value: JournalAttributes[string] | undefined) =>
    value !== undefined && 'S' in value ? value.S : '';
  return `${text(partition)}\n${text(sort)}`;
}

/**
 * Group commit of inserts: what all streams and executions of the process write travels together, up to 25 items a call,
 * and each item has a result of its own. Where an endpoint has no PartiQL (DynamoDB Local and dynalite of old), each item
 * is a conditional PutItem from the first refusal on.
 */
export function createInsertGatherer(options: {
  readonly dynamodb: DynamoDb;
  readonly tableName: string;
  readonly timers: Timers;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Called for each item that was held back because too much is asked; it is tried again. */
  readonly onThrottled?: (() => void) | undefined;
}): InsertGatherer {
  const { dynamodb, tableName, timers, random, onThrottled } = options;
  const table = tableName.replaceAll('"', '""');
  let hasStatements = true;
  let isClosed = false;
  let inHand = 0;
  let onIdle: (() => void) | undefined;
  /** How statements begin, by the names of the attributes. There are as many as kinds of items, which is few. */
  const beginnings = new Map<string, string>();

  function beginningOf(item: JournalAttributes): string {
    const names = Object.keys(item);
    const kind = names.join('\n');
    const known = beginnings.get(kind);
    if (known !== undefined) return known;
    const fields = names.map((name) => `'${name.replaceAll("'", "''")}': ?`).join(', ');
    const statement = JSON.stringify(`INSERT INTO "${table}" VALUE {${fields}}`);
    const beginning = `{"Statement":${statement},"Parameters":`;
    beginnings.set(kind, beginning);
    return beginning;
  }

  /** Only the values are written each time: the statement around them is always the same. */
  function statementOf(item: JournalAttributes): string {
    return `${beginningOf(item)}${JSON.stringify(Object.values(item))}}`;
  }

  async function runStatements(inserts: readonly Insert[]): Promise<Result[]> {
    let body = '{"Statements":[';
    // Concatenated and not joined: the text is copied once only, when it is encoded.
    for (const [index, { statement }] of inserts.entries()) body += index === 0 ? statement : `,${statement}`;
    const answer = await dynamodb.sendText('BatchExecuteStatement', `${body}]}`);
    const parsed = parseJson(Answer, answer);
    if (!parsed.ok)
      throw new StoreError(
        `BatchExecuteStatement answered what does not read: ${describeIssues(parsed.issues)}`,
        'infrastructure',
      );
    return parsed.value.Responses.map(({ Error: failure }) => {
      if (failure !== undefined && isThrottle(failure.Code)) onThrottled?.();
      return resultOf(failure?.Code);
    });
  }

  async function putItem({ item }: Insert): Promise<Result> {
    try {
      await dynamodb.send('PutItem', {
        TableName: tableName,
        Item: item,
        ConditionExpression: 'attribute_not_exists(#pk)',
        ExpressionAttributeNames: { '#pk': JOURNAL_KEYS.partition },
      });
      return 'written';
    } catch (thrown) {
      if (thrown instanceof DynamoDbError && thrown.reason === 'ConditionalCheckFailedException')
        return 'taken';
      return { error: storeErrorOf(thrown), passes: false };
    }
  }

  async function call(inserts: readonly Insert[]): Promise<Result[]> {
    if (hasStatements) {
      try {
        return await runStatements(inserts);
      } catch (thrown) {
        if (!(thrown instanceof DynamoDbError && UNKNOWN_OPERATION.has(thrown.reason)))
          throw thrown instanceof StoreError ? thrown : storeErrorOf(thrown);
        hasStatements = false;
      }
    }
    return Promise.all(inserts.map(putItem));
  }

  async function alone(insert: Insert): Promise<Result> {
    try {
      const [result] = await call([insert]);
      if (result === undefined) throw new StoreError('INSERT: no result', 'infrastructure');
      return result;
    } catch (thrown) {
      return { error: thrown instanceof StoreError ? thrown : storeErrorOf(thrown), passes: false };
    }
  }

  /**
   * A call that is refused as a whole does not say for which statement. Each is then sent alone: what cannot be written of one
   * stream must not count against the others, whose it may not be.
   */
  async function callOrEachAlone(inserts: readonly Insert[]): Promise<Result[]> {
    try {
      return await call(inserts);
    } catch (thrown) {
      const isAboutOne = thrown instanceof StoreError && thrown.failure !== 'infrastructure';
      if (!isAboutOne || inserts.length === 1) throw thrown;
      return Promise.all(inserts.map(alone));
    }
  }

  const gatherer = new Gatherer<Insert, Result>({
    ...LIMITS,
    // Characters for bytes: to count them would copy the text, and three bytes each are within the API's limit, too.
    bytesOf: ({ statement }) => statement.length,
    keyOf: ({ item }) => keyOf(item),
    call: callOrEachAlone,
  });

  return {
    async insert(item) {
      if (isClosed) throw new StoreError('INSERT: the store is closed', 'infrastructure');
      inHand += 1;
      try {
        const insert = { item, statement: statementOf(item) };
        for (let attempt = 0; ; attempt += 1) {
          const result = await gatherer.submit(insert);
          if (result === 'written' || result === 'taken') return result;
          if (!result.passes || attempt + 1 >= MAX_ATTEMPTS) throw result.error;
          await pause(timers, fullJitterMs(attempt, BACKOFF, random));
        }
      } finally {
        inHand -= 1;
        if (inHand === 0) onIdle?.();
      }
    },
    async close() {
      isClosed = true;
      if (inHand === 0) return;
      await new Promise<void>((resolve) => {
        onIdle = resolve;
      });
    },
  };
}
