import { asError, StepcastError, type FailureKind } from '@stepcast/kit';
import { DynamoDbError } from '@stepcast/kit/dynamodb';

/**
 * Thrown when DynamoDB did not do what it was asked. Whether it may do so later follows from what it said: throttling,
 * timeouts, missing rights and a missing table are the deployment's and pass; a request that it calls invalid never works.
 */
export class StoreError extends StepcastError {
  readonly code = 'CORRELATOR_STORE_FAILED';
  readonly retryable: boolean;
  override readonly failure: FailureKind;

  constructor(message: string, failure: FailureKind, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
    this.retryable = failure !== 'poison';
  }
}

/** Thrown for an item that does not read. Not retryable: it will not read later either. */
export class StoredItemError extends StepcastError {
  readonly code = 'CORRELATOR_STORED_ITEM_INVALID';
  readonly retryable = false;
  override readonly failure = 'poison';
}

/** Names of DynamoDB, of an operation and of a statement in a batch, for what the deployment must give first. */
const DEPLOYMENT = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'ResourceNotFound',
  'ResourceNotFoundException',
]);
/** The same for a request that DynamoDB will never take. */
const INVALID = new Set(['ValidationError', 'ValidationException', 'SerializationException']);

/** @param reason DynamoDB's name of the error @param otherwise the kind of an error whose name says nothing */
export function storeFailureKind(reason: string, otherwise: FailureKind): FailureKind {
  if (DEPLOYMENT.has(reason)) return 'infrastructure';
  return INVALID.has(reason) ? 'poison' : otherwise;
}

/** What a call of DynamoDB threw, as a StoreError. */
export function storeErrorOf(thrown: unknown): StoreError {
  const { message } = asError(thrown);
  if (!(thrown instanceof DynamoDbError)) return new StoreError(message, 'unexpected', { cause: thrown });
  return new StoreError(message, storeFailureKind(thrown.reason, thrown.failure), { cause: thrown });
}
