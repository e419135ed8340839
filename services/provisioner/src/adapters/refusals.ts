import type { ErrorReply } from '@stepcast/contracts';
import {
  errorFields,
  RateGateFullError,
  StepcastError,
  type CounterMetric,
  type Logger,
} from '@stepcast/kit';
import { CallerRejectedError, IdentityRefusedError, TokenRejectedError } from '../errors.ts';
import { RETRY_AFTER_FULL_SECONDS } from './pacing.ts';

/** How a refusal is answered over HTTP, by whichever door the request came. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorReply;
}

export function refusalOf(thrown: unknown): Refusal {
  return {
    status: statusOf(thrown),
    headers: retryHeaders(thrown),
    body:
      thrown instanceof StepcastError
        ? { error: { code: thrown.code, message: thrown.message, retryable: thrown.retryable } }
        : {
            error: {
              code: 'PROVISIONER_INTERNAL',
              message: 'something went wrong; try again shortly',
              retryable: true,
            },
          },
  };
}

/** Counts and logs a refusal. Why a token or a caller was rejected stays on this side. */
export function recordRefusal(
  thrown: unknown,
  { logger, outcomes }: { readonly logger: Logger; readonly outcomes: CounterMetric },
): void {
  if (thrown instanceof TokenRejectedError) {
    outcomes.add({ outcome: 'token_rejected' });
    logger.info({ reason: thrown.reason }, 'token rejected');
  } else if (thrown instanceof CallerRejectedError) {
    outcomes.add({ outcome: 'caller_rejected' });
    logger.warn({ reason: thrown.reason }, 'caller rejected');
  } else {
    outcomes.add({ outcome: 'failed' });
    logger.error(errorFields(thrown), 'identity not provisioned');
  }
}

function statusOf(thrown: unknown): number {
  if (thrown instanceof TokenRejectedError) return 401;
  if (thrown instanceof IdentityRefusedError || thrown instanceof CallerRejectedError) return 403;
  if (thrown instanceof RateGateFullError) return 429;
  if (thrown instanceof StepcastError) return thrown.retryable ? 503 : 500;
  return 500;
}

function retryHeaders(thrown: unknown): Record<string, string> {
  if (thrown instanceof RateGateFullError) return { 'retry-after': String(RETRY_AFTER_FULL_SECONDS) };
  return thrown instanceof StepcastError && thrown.retryable ? { 'retry-after': '2' } : {};
}
