import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { AwsError } from '../../core/index.ts';
import type { EngineReply } from '../dynalite-engine.ts';

/** Why a statement wrote nothing, under DynamoDB's name for an operation of its own. */
export interface StatementFailure {
  /** For example `DuplicateItemException`. */
  readonly exception: string;
  readonly message: string;
}

/** API reference, BatchStatementError: the codes of a batch, by the exception of a single statement. */
const BATCH_CODES: Readonly<Record<string, string | undefined>> = {
  AccessDeniedException: 'AccessDenied',
  ConditionalCheckFailedException: 'ConditionalCheckFailed',
  DuplicateItemException: 'DuplicateItem',
  ItemCollectionSizeLimitExceededException: 'ItemCollectionSizeLimitExceeded',
  ProvisionedThroughputExceededException: 'ProvisionedThroughputExceeded',
  RequestLimitExceeded: 'RequestLimitExceeded',
  ResourceNotFoundException: 'ResourceNotFound',
  ThrottlingException: 'ThrottlingError',
  TransactionConflictException: 'TransactionConflict',
  ValidationException: 'ValidationError',
};

export function batchCodeOf({ exception }: StatementFailure): string {
  return BATCH_CODES[exception] ?? 'InternalServerError';
}

/** The failure as an operation of its own answers it. */
export function asAwsError({ exception, message }: StatementFailure): AwsError {
  return new AwsError(exception, exception === 'InternalServerError' ? 500 : 400, message);
}

const Refusal = z.looseObject({
  __type: z.string(),
  message: z.string().optional(),
  Message: z.string().optional(),
});

/**
 * Why dynalite refused a PutItem that an INSERT became.
 * @throws AwsError `SerializationException` for a value of a form that DynamoDB does not have: no fault of one statement
 */
export function failureOf(reply: EngineReply): StatementFailure {
  const refusal = parseJson(Refusal, reply.body);
  const type = refusal.ok ? (refusal.value.__type.split('#').at(-1) ?? '') : '';
  const message = refusal.ok ? (refusal.value.message ?? refusal.value.Message ?? '') : '';
  if (type === 'SerializationException')
    throw new AwsError('com.amazon.coral.service#SerializationException', 400, message);
  if (type === 'ConditionalCheckFailedException')
    return { exception: 'DuplicateItemException', message: 'Duplicate primary key exists in table' };
  return reply.status < 500 && BATCH_CODES[type] !== undefined
    ? { exception: type, message }
    : { exception: 'InternalServerError', message: 'The statement failed.' };
}
