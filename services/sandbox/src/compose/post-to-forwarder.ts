import { StepcastError } from '@stepcast/kit';
import { AWSLOGS_PATH, TOKEN_HEADER } from '@stepcast/wire';

/** The forwarder did not take a payload. */
export class ForwarderUnreachableError extends StepcastError {
  readonly code = 'SANDBOX_FORWARDER_UNREACHABLE';
  readonly retryable: boolean;
  constructor(reason: string, retryable: boolean, options?: ErrorOptions) {
    super(`the forwarder did not take the payload: ${reason}`, options);
    this.retryable = retryable;
  }
}

/**
 * Gives a payload of log records to a forwarder that runs elsewhere. Waits 30 seconds at most.
 * @returns its answer
 * @throws ForwarderUnreachableError
 */
export async function postToForwarder(
  forwarderUrl: string,
  token: string,
  payload: unknown,
): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(`${forwarderUrl.replace(/\/$/, '')}${AWSLOGS_PATH}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [TOKEN_HEADER]: token },
      body: JSON.stringify(payload),
      signal: AbortSignal.timeout(30_000),
    });
  } catch (thrown) {
    throw new ForwarderUnreachableError('no connection', true, { cause: thrown });
  }
  const answer: unknown = await response.json();
  if (!response.ok) throw new ForwarderUnreachableError(JSON.stringify(answer), response.status >= 500);
  return answer;
}
