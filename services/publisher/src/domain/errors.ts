import { StepcastError } from '@stepcast/kit';

/** A message that stays over the broker's limit whatever is left out of it. Dead-lettered; its stream goes on. */
export class MessageTooLargeError extends StepcastError {
  readonly code = 'PUBLISHER_MESSAGE_TOO_LARGE';
  readonly retryable = false;
  constructor(what: string, bytes: number, maxBytes: number) {
    super(`${what} takes ${bytes} bytes and may take ${maxBytes}, with everything optional left out`);
  }
}
