import { parseValue } from '@stepcast/contracts';
import * as z from 'zod';
import { AwsError } from '../../core/index.ts';

/** An attribute value in DynamoDB's JSON: one type and its value. */
export type AttributeValue = Readonly<Record<string, unknown>>;

const TYPES = ['S', 'N', 'B', 'BOOL', 'NULL', 'SS', 'NS', 'BS', 'L', 'M'] as const;
/** What is inside is dynalite's to judge, as it is for PutItem. */
const Value = z
  .partialRecord(z.enum(TYPES), z.unknown())
  .refine((value) => Object.keys(value).length === 1, 'not one type with its value');

/** API reference, BatchStatementRequest: 1 to 8,192 characters; at least one parameter where there are any. */
const Statement = {
  Statement: z.string().min(1).max(8_192),
  Parameters: z.array(Value).min(1).optional(),
};
const ReturnConsumedCapacity = z.enum(['INDEXES', 'TOTAL', 'NONE']).default('NONE');

const Single = z.looseObject({ ...Statement, ReturnConsumedCapacity });
/** API reference, BatchExecuteStatement: 1 to 25 statements. */
const Batch = z.looseObject({
  Statements: z.array(z.looseObject(Statement)).min(1).max(25),
  ReturnConsumedCapacity,
});

export interface StatementRequest {
  readonly statement: string;
  readonly parameters: readonly AttributeValue[];
}
export type CapacityDetail = z.infer<typeof ReturnConsumedCapacity>;

function read<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = parseValue(schema, input);
  if (parsed.ok) return parsed.value;
  const { issues } = parsed;
  const problems = issues.map(({ path, problem }) => `${path}: ${problem}`).join('; ');
  throw new AwsError(
    'com.amazon.coral.validate#ValidationException',
    400,
    `${issues.length} validation error${issues.length === 1 ? '' : 's'} detected: ${problems}`,
  );
}

/** @throws AwsError `ValidationException` for a request that is none; nothing of it has run */
export function readSingle(input: unknown): { statement: StatementRequest; capacity: CapacityDetail } {
  const { Statement: statement, Parameters = [], ReturnConsumedCapacity: capacity } = read(Single, input);
  return { statement: { statement, parameters: Parameters }, capacity };
}

/** @throws AwsError `ValidationException` for a request that is none; nothing of it has run */
export function readBatch(input: unknown): {
  statements: readonly StatementRequest[];
  capacity: CapacityDetail;
} {
  const { Statements, ReturnConsumedCapacity: capacity } = read(Batch, input);
  return {
    statements: Statements.map(({ Statement: statement, Parameters = [] }) => ({
      statement,
      parameters: Parameters,
    })),
    capacity,
  };
}
