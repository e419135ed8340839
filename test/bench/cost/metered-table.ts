import { DynamoDbError, type DynamoDb, type DynamoInputs } from '@stepcast/kit/dynamodb';
import { JOURNAL_KEYS, type JournalAttributes } from '@stepcast/wire';
import * as z from 'zod';
import { itemBytes, readUnitsOf, writeUnitsOf } from './item-size.ts';

/** What an item of the journal table is for. */
export type ItemKind =
  'entry' | 'line' | 'enrolment' | 'epoch' | 'root' | 'owner' | 'parked' | 'watch' | 'durations';

/** One write of an item, as DynamoDB meters it. */
export interface MeteredWrite {
  readonly kind: ItemKind;
  readonly deletes: boolean;
  readonly bytes: number;
  readonly units: number;
}

/** An item that is there. */
export interface StoredSize {
  readonly kind: ItemKind;
  readonly bytes: number;
}

/** The journal table in memory, with what DynamoDB would meter of each call. */
export interface MeteredTable {
  readonly dynamodb: DynamoDb;
  readonly writes: readonly MeteredWrite[];
  readonly readUnits: number;
  stored(): readonly StoredSize[];
  /** Forgets what was metered and what is stored. */
  reset(): void;
}

const KINDS: Readonly<Record<string, ItemKind>> = {
  stream: 'entry',
  identity: 'line',
  upload: 'epoch',
  'upload-root': 'root',
  'identity-root': 'enrolment',
  watch: 'watch',
  machine: 'durations',
};

const Value = z.union([
  z.object({ S: z.string() }),
  z.object({ N: z.string() }),
  z.object({ BOOL: z.boolean() }),
]);
const Attributes = z.record(z.string(), Value);
const Values = z.record(z.string(), z.object({ S: z.string() }));
const Statements = z.object({
  Statements: z.array(z.object({ Statement: z.string(), Parameters: z.array(Value) })),
});
const Put = z.object({
  Item: Attributes,
  ConditionExpression: z.enum(['attribute_not_exists(#pk)', '#body = :body']).optional(),
  ExpressionAttributeValues: Values.optional(),
});
const Get = z.object({ Key: Attributes });
const Query = z.object({
  KeyConditionExpression: z.string(),
  ExpressionAttributeValues: Values,
  ScanIndexForward: z.boolean().optional(),
  Limit: z.number().optional(),
});
const Deletes = z.object({
  RequestItems: z.record(z.string(), z.array(z.object({ DeleteRequest: z.object({ Key: Attributes }) }))),
});

function textOf(item: JournalAttributes, name: string): string {
  const value = item[name];
  if (value === undefined || !('S' in value)) throw new TypeError(`an item without ${name}`);
  return value.S;
}

function keyOf(item: JournalAttributes): string {
  return `${textOf(item, JOURNAL_KEYS.partition)}\n${textOf(item, JOURNAL_KEYS.sort)}`;
}

function kindOf(item: JournalAttributes): ItemKind {
  const [prefix = ''] = textOf(item, JOURNAL_KEYS.partition).split('#');
  if (prefix === 'execution')
    return textOf(item, JOURNAL_KEYS.sort).startsWith('parked#') ? 'parked' : 'owner';
  const kind = KINDS[prefix];
  if (kind === undefined)
    throw new TypeError(`an item of a kind that the cost model does not know: ${prefix}`);
  return kind;
}

/** `INSERT INTO "table" VALUE {'name': ?, …}` and its parameters, as an item. */
function inserted(statement: string, parameters: readonly JournalAttributes[string][]): JournalAttributes {
  const names = [...statement.matchAll(/'([^']+)': \?/g)].map(([, name = '']) => name);
  return Object.fromEntries(
    parameters.map((value, index) => {
      const name = names[index];
      if (name === undefined) throw new TypeError('a statement with more parameters than names');
      return [name, value];
    }),
  );
}

/** What a key condition says of the sort key. */
function sortMatches(condition: string, values: z.infer<typeof Values>, sort: string): boolean {
  const of = (name: string) => values[name]?.S ?? '';
  if (condition.includes('sk <= :sk')) return sort <= of(':sk');
  if (condition.includes('sk >= :sk')) return sort >= of(':sk');
  if (condition.includes('begins_with(sk, :upload)')) return sort.startsWith(of(':upload'));
  return true;
}

export function createMeteredTable(): MeteredTable {
  const items = new Map<string, JournalAttributes>();
  let writes: MeteredWrite[] = [];
  let readUnits = 0;

  function meter(item: JournalAttributes, deletes: boolean): void {
    const bytes = itemBytes(item);
    writes.push({ kind: kindOf(item), deletes, bytes, units: writeUnitsOf(bytes) });
  }

  function read(found: readonly JournalAttributes[]): void {
    readUnits += readUnitsOf(found.reduce((sum, item) => sum + itemBytes(item), 0));
  }

  /** A write whose condition fails is metered like one that succeeds. @returns whether it was written */
  function insert(item: JournalAttributes): boolean {
    meter(item, false);
    if (items.has(keyOf(item))) return false;
    items.set(keyOf(item), item);
    return true;
  }

  function put(input: unknown): string {
    const { Item, ConditionExpression, ExpressionAttributeValues = {} } = Put.parse(input);
    const before = items.get(keyOf(Item));
    const holds =
      ConditionExpression === undefined ||
      (ConditionExpression === '#body = :body'
        ? before !== undefined && textOf(before, JOURNAL_KEYS.body) === ExpressionAttributeValues[':body']?.S
        : before === undefined);
    meter(Item, false);
    if (!holds) throw new DynamoDbError('PutItem', 'ConditionalCheckFailedException', false, { status: 400 });
    items.set(keyOf(Item), Item);
    return '{}';
  }

  function query(input: unknown): string {
    const parsed = Query.parse(input);
    const { KeyConditionExpression, ExpressionAttributeValues, ScanIndexForward = true, Limit } = parsed;
    const sort = (item: JournalAttributes) => textOf(item, JOURNAL_KEYS.sort);
    const ordered = [...items.values()]
      .filter((item) => textOf(item, JOURNAL_KEYS.partition) === ExpressionAttributeValues[':pk']?.S)
      .filter((item) => sortMatches(KeyConditionExpression, ExpressionAttributeValues, sort(item)))
      .toSorted((one, other) => (sort(one) < sort(other) ? -1 : 1));
    const found = (ScanIndexForward ? ordered : ordered.toReversed()).slice(0, Limit);
    read(found);
    return JSON.stringify({ Items: found });
  }

  const operations: Readonly<Record<keyof DynamoInputs, (input: unknown) => string>> = {
    BatchExecuteStatement(input) {
      const results = Statements.parse(input).Statements.map(({ Statement, Parameters }) =>
        insert(inserted(Statement, Parameters)) ? {} : { Error: { Code: 'DuplicateItem' } },
      );
      return JSON.stringify({ Responses: results });
    },
    PutItem: put,
    GetItem(input) {
      const found = items.get(keyOf(Get.parse(input).Key));
      read(found === undefined ? [] : [found]);
      return JSON.stringify(found === undefined ? {} : { Item: found });
    },
    Query: query,
    BatchWriteItem(input) {
      for (const requests of Object.values(Deletes.parse(input).RequestItems))
        for (const { DeleteRequest } of requests) {
          const key = keyOf(DeleteRequest.Key);
          meter(items.get(key) ?? DeleteRequest.Key, true);
          items.delete(key);
        }
      return '{}';
    },
    DeleteItem() {
      throw new TypeError('DeleteItem is not used');
    },
  };

  return {
    dynamodb: {
      send: (operation, input) => Promise.resolve().then(() => operations[operation](input)),
      sendText: (operation, body) => Promise.resolve().then(() => operations[operation](JSON.parse(body))),
      close: () => Promise.resolve(),
    },
    get writes() {
      return writes;
    },
    get readUnits() {
      return readUnits;
    },
    stored: () => [...items.values()].map((item) => ({ kind: kindOf(item), bytes: itemBytes(item) })),
    reset() {
      items.clear();
      writes = [];
      readUnits = 0;
    },
  };
}
