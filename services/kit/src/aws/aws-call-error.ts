import { StepcastError, type FailureKind } from '../errors.ts';
import { kindOfAwsError } from '../failure-policy.ts';

/** Thrown when an AWS service refused a request, or could not be reached. */
export class AwsCallError extends StepcastError {
  readonly code: string = 'KIT_AWS_CALL_FAILED';
  readonly retryable: boolean;
  override readonly failure: FailureKind;
  /**
   * The service's name of the error, such as `ConditionalCheckFailedException`; `HTTP 503` when the answer names none;
   * else the code of the network's error, such as `ECONNREFUSED`.
   */
  readonly reason: string;
  /** HTTP status of the answer; undefined when there was none. */
  readonly status: number | undefined;

  constructor(
    operation: string,
    reason: string,
    retryable: boolean,
    options: ErrorOptions & { readonly status?: number } = {},
  ) {
    super(`${operation}: ${reason}`, options);
    this.reason = reason;
    this.retryable = retryable;
    this.status = options.status;
    this.failure = kindOfAwsError(reason, options.status) ?? (retryable ? 'infrastructure' : 'unexpected');
  }
}

/** The same, when the service was DynamoDB. */
export class DynamoDbError extends AwsCallError {
  override readonly code = 'KIT_DYNAMODB_FAILED';
}
