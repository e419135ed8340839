import { randomUUID } from 'node:crypto';
import {
  BatchExecuteStatementCommand,
  ExecuteStatementCommand,
  GetItemCommand,
  type AttributeValue,
  type BatchExecuteStatementCommandInput,
  type BatchStatementRequest,
  type BatchStatementResponse,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';

export type Item = Readonly<Record<string, AttributeValue>>;

/** What became of one statement: `written`, or the code of its error. */
export type Outcome = string;

export interface InsertTable {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

/** An item under keys that no other test has. */
export function newItem(more: Item = {}): Item {
  return { pk: { S: randomUUID() }, sk: { S: '1' }, ...more };
}

/** `INSERT INTO "table" VALUE {'pk': ?, …}` with the item's values as parameters. */
export function insertOf(tableName: string, item: Item): BatchStatementRequest {
  const attributes = Object.keys(item).map((name) => `'${name.replaceAll("'", "''")}': ?`);
  return {
    Statement: `INSERT INTO "${tableName}" VALUE {${attributes.join(', ')}}`,
    Parameters: Object.values(item),
  };
}

export function outcomeOf({ Error: error }: BatchStatementResponse): Outcome {
  return error === undefined ? 'written' : (error.Code ?? 'an error without a code');
}

/** Sends a batch. @returns its responses, one for each statement */
export async function sendBatch(
  { client }: InsertTable,
  statements: BatchStatementRequest[],
): Promise<readonly BatchStatementResponse[]> {
  const input: BatchExecuteStatementCommandInput = { Statements: statements };
  return (await client.send(new BatchExecuteStatementCommand(input))).Responses ?? [];
}

/** Sends a batch of items. @returns what became of each, or the name of the error that the whole batch met */
export async function outcomesOf(
  table: InsertTable,
  statements: BatchStatementRequest[],
): Promise<readonly Outcome[] | string> {
  try {
    return (await sendBatch(table, statements)).map(outcomeOf);
  } catch (thrown) {
    return nameOf(thrown);
  }
}

/** Sends one statement by itself. @returns `written`, or the name of its error */
export async function outcomeAlone(
  { client }: InsertTable,
  statement: BatchStatementRequest,
): Promise<Outcome> {
  try {
    const { Items } = await client.send(new ExecuteStatementCommand(statement));
    return Items?.length === 0 ? 'written' : `written, with Items ${JSON.stringify(Items)}`;
  } catch (thrown) {
    return nameOf(thrown);
  }
}

function nameOf(thrown: unknown): string {
  if (Error.isError(thrown)) return thrown.name;
  throw new TypeError('what was thrown is no error', { cause: thrown });
}

/** The item that is stored under the keys of another. */
export async function storedLike({ client, tableName }: InsertTable, item: Item): Promise<Item | undefined> {
  const { pk, sk } = item;
  if (pk === undefined || sk === undefined) throw new TypeError('the item has no key');
  const answer = await client.send(
    new GetItemCommand({ TableName: tableName, Key: { pk, sk }, ConsistentRead: true }),
  );
  return answer.Item;
}
