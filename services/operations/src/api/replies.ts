import { asError, errorFields, StepcastError, type Logger } from '@stepcast/kit';
import {
  AmbiguousSubjectError,
  BrokerRefusedError,
  DataInvalidError,
  OperatorError,
  RightsMissingError,
  UnknownSubjectError,
  UsageError,
} from '../errors.ts';
import { mask } from '../masking.ts';
import type { ApiError } from './contract.ts';

export interface ApiReply {
  readonly status: number;
  /** Sent as JSON. */
  readonly body: object;
}

/** There is nothing at this address of the API. */
export class RouteUnknownError extends StepcastError {
  readonly code = 'OPERATOR_ROUTE_UNKNOWN';
  readonly retryable = false;
}

/** A call took longer than it may. What it began may still come to its end. */
export class TimeOverError extends StepcastError {
  readonly code = 'OPERATOR_TIME_OVER';
  readonly retryable = true;
}

/** The answer to what went wrong, in one line without secrets. Faults of our own are logged, and not shown. */
export function refusalOf(thrown: unknown, logger: Logger): ApiReply {
  const status = statusOf(thrown);
  if (!(thrown instanceof StepcastError)) {
    logger.error(errorFields(thrown), 'request of an operator failed');
    return errorReply(status, 'OPERATOR_FAULT', 'a fault of the page’s service; its log says more', false);
  }
  const { code, retryable, message } = thrown;
  return {
    status,
    body: {
      error: {
        code,
        message: mask(message),
        more: thrown instanceof OperatorError ? thrown.more.map((line) => mask(line)) : [],
        candidates: thrown instanceof AmbiguousSubjectError ? thrown.candidates : [],
        retryable,
      },
    } satisfies ApiError,
  };
}

export function errorReply(status: number, code: string, message: string, retryable: boolean): ApiReply {
  return {
    status,
    body: { error: { code, message, more: [], candidates: [], retryable } } satisfies ApiError,
  };
}

/** A line for people about what stopped something on the way. */
export function lineOf(thrown: unknown): string {
  return mask(asError(thrown).message);
}

function statusOf(thrown: unknown): number {
  if (thrown instanceof UsageError) return 400;
  if (thrown instanceof UnknownSubjectError || thrown instanceof RouteUnknownError) return 404;
  if (thrown instanceof AmbiguousSubjectError) return 409;
  if (thrown instanceof TimeOverError) return 504;
  // The rights of the service, not of who asks.
  if (thrown instanceof RightsMissingError || thrown instanceof BrokerRefusedError) return 502;
  if (thrown instanceof DataInvalidError) return 500;
  return thrown instanceof StepcastError && thrown.retryable ? 503 : 500;
}
