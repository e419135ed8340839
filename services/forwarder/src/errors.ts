import { StepcastError } from '@stepcast/kit';

/**
 * Thrown for a payload that is no CloudWatch Logs subscription payload at all. Never retryable: the same bytes fail the
 * same way. The message says what was wrong and where.
 */
export class ForwarderPayloadError extends StepcastError {
  readonly code = 'FORWARDER_PAYLOAD_INVALID';
  readonly retryable = false;
}
