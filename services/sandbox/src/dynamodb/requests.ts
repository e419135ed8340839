import { parseJson, parseValue } from '@stepcast/contracts';
import * as z from 'zod';
import { AwsError, notImplemented, regionalArn } from '../core/index.ts';

/** Operations that dynalite has and answers rightly. Tags are left out: their ARNs would be those of another account. */
const ENGINE_OPERATIONS = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'GetItem',
  'ListTables',
  'PutItem',
  'Query',
  'Scan',
  'UpdateItem',
  'UpdateTable',
] as const;
/** Operations that are made here. */
const OWN_OPERATIONS = [
  'BatchExecuteStatement',
  'DescribeTimeToLive',
  'ExecuteStatement',
  'UpdateTimeToLive',
] as const;

export type EngineOperation = (typeof ENGINE_OPERATIONS)[number];
export type OwnOperation = (typeof OWN_OPERATIONS)[number];

export function isEngineOperation(name: string): name is EngineOperation {
  return ENGINE_OPERATIONS.some((operation) => operation === name);
}

export function isOwnOperation(name: string): name is OwnOperation {
  return OWN_OPERATIONS.some((operation) => operation === name);
}

const Input = z.looseObject({
  TableName: z.string().optional(),
  IndexName: z.string().optional(),
  RequestItems: z.record(z.string(), z.unknown()).optional(),
});
export type DynamoInput = z.infer<typeof Input>;

/** @throws AwsError `SerializationException` */
export function parseInput(body: string): DynamoInput {
  const parsed = parseJson(Input, body);
  if (!parsed.ok)
    throw new AwsError(
      'com.amazon.coral.service#SerializationException',
      400,
      parsed.issues.map(({ path, problem }) => `${path}: ${problem}`).join('; '),
    );
  return parsed.value;
}

const Dropped = z.looseObject({
  ReturnValuesOnConditionCheckFailure: z.string().optional(),
  DeletionProtectionEnabled: z.boolean().optional(),
  StreamSpecification: z.looseObject({ StreamEnabled: z.boolean() }).optional(),
});

/** dynalite drops these without a word; a request for them is refused instead. */
export function refuseDropped(input: DynamoInput): void {
  const parsed = parseValue(Dropped, input);
  if (!parsed.ok) return;
  const { ReturnValuesOnConditionCheckFailure: returned, DeletionProtectionEnabled: isProtected } =
    parsed.value;
  if (returned !== undefined && returned !== 'NONE')
    throw notImplemented('DynamoDB ReturnValuesOnConditionCheckFailure');
  if (isProtected === true) throw notImplemented('DynamoDB DeletionProtectionEnabled');
  if (parsed.value.StreamSpecification?.StreamEnabled === true) throw notImplemented('DynamoDB Streams');
}

export interface DynamoNames {
  readonly accountId: string;
  readonly region: string;
}

export function tableArn(names: DynamoNames, table: string): string {
  return regionalArn(names, 'dynamodb', `table/${table}`);
}

/** What an operation must be allowed on, and the table whose keys it names, if it is about items of one. */
export interface AskedResource {
  readonly arn: string;
  readonly table: string | undefined;
}

/** What an operation must be allowed on: its index, its tables, or everything. Statements are authorized one by one. */
export function resourcesOf(
  names: DynamoNames,
  operation: string,
  input: DynamoInput,
): readonly AskedResource[] {
  if (operation.endsWith('ExecuteStatement')) return [];
  if (operation === 'ListTables') return [{ arn: '*', table: undefined }];
  if (input.RequestItems !== undefined)
    return Object.keys(input.RequestItems).map((table) => ({ arn: tableArn(names, table), table }));
  const { TableName: table = '', IndexName: index } = input;
  const arn = tableArn(names, table);
  // The key of an index is another attribute than the table's.
  if (index !== undefined) return [{ arn: `${arn}/index/${index}`, table: undefined }];
  return [{ arn, table: /Item$|^Query$/.test(operation) ? table : undefined }];
}
