import { parseJson, parseValue } from '@stepcast/contracts';
import * as z from 'zod';
import type { DynaliteEngine } from './dynalite-engine.ts';

const Described = z.looseObject({
  Table: z.looseObject({
    KeySchema: z.array(z.looseObject({ AttributeName: z.string(), KeyType: z.string() })),
  }),
});
/** The text of a string, number or binary is its only field. */
const Attribute = z.record(z.string(), z.unknown());
const Attributes = z.record(z.string(), Attribute);
const OneItem = z.looseObject({ Key: Attributes.optional(), Item: Attributes.optional() });
const Querying = z.looseObject({
  KeyConditionExpression: z.string().default(''),
  ExpressionAttributeNames: z.record(z.string(), z.string()).default({}),
  ExpressionAttributeValues: Attributes.default({}),
});
const Getting = z.looseObject({ Keys: z.array(Attributes) });
const Writing = z.array(
  z.looseObject({
    PutRequest: z.looseObject({ Item: Attributes }).optional(),
    DeleteRequest: z.looseObject({ Key: Attributes }).optional(),
  }),
);
const Batch = z.looseObject({ RequestItems: z.record(z.string(), z.unknown()) });

/** One term of a key condition that names a key exactly, in parentheses or not. */
const EQUALITY = /^\(?([#\w.-]+) ?= ?(:\w+)\)?$/;

/** Name of the attribute that is a table's partition key; undefined where there is no such table. */
export async function partitionKeyOf(engine: DynaliteEngine, table: string): Promise<string | undefined> {
  const reply = await engine.invoke('DescribeTable', JSON.stringify({ TableName: table }));
  const described = parseJson(Described, reply.body);
  if (reply.status !== 200 || !described.ok) return undefined;
  return described.value.Table.KeySchema.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName;
}

/**
 * What IAM sees of a request as `dynamodb:LeadingKeys`: the partition keys that it names in this table. Empty where it names
 * none, as a scan does not. Source: DynamoDB developer guide, "Using IAM policy conditions for fine-grained access control".
 */
export function leadingKeysOf(
  operation: string,
  input: unknown,
  { table, partitionKey }: { readonly table: string; readonly partitionKey: string },
): readonly string[] {
  const keys = itemsOf(operation, input, table).flatMap((item) => textsOf(item[partitionKey]));
  const queried = operation === 'Query' ? queriedKeys(input, partitionKey) : [];
  return [...new Set([...keys, ...queried])];
}

function itemsOf(
  operation: string,
  input: unknown,
  table: string,
): readonly Readonly<Record<string, unknown>>[] {
  if (operation.startsWith('Batch')) {
    const batch = parseValue(Batch, input);
    return batch.ok ? batchedIn(batch.value.RequestItems[table]) : [];
  }
  const one = parseValue(OneItem, input);
  return one.ok ? [one.value.Key, one.value.Item].filter((item) => item !== undefined) : [];
}

function batchedIn(requests: unknown): readonly Readonly<Record<string, unknown>>[] {
  const gets = parseValue(Getting, requests);
  if (gets.ok) return gets.value.Keys;
  const writes = parseValue(Writing, requests);
  if (!writes.ok) return [];
  return writes.value
    .map(({ PutRequest, DeleteRequest }) => PutRequest?.Item ?? DeleteRequest?.Key)
    .filter((item) => item !== undefined);
}

function queriedKeys(input: unknown, partitionKey: string): readonly string[] {
  const query = parseValue(Querying, input);
  if (!query.ok) return [];
  const { KeyConditionExpression: expression, ...names } = query.value;
  return expression
    .replaceAll(/\s+/g, ' ')
    .split(/ and /i)
    .flatMap((term) => {
      const [, name = '', value = ''] = EQUALITY.exec(term.trim()) ?? [];
      const isKey = (names.ExpressionAttributeNames[name] ?? name) === partitionKey;
      return isKey ? textsOf(names.ExpressionAttributeValues[value]) : [];
    });
}

function textsOf(attribute: unknown): readonly string[] {
  const parsed = parseValue(Attribute, attribute);
  const [value] = parsed.ok ? Object.values(parsed.value) : [];
  return typeof value === 'string' ? [value] : [];
}
