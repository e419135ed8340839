import { StepcastError } from '@stepcast/kit';

/** A message over the broker's limit. Dead-lettered; its stream goes on. */
export class MessageTooLargeError extends StepcastError {
  readonly code = 'PUBLISHER_MESSAGE_TOO_LARGE';
  readonly retryable = false;
  constructor(what: string, bytes: number, maxBytes: number) {
    super(`${what} takes ${bytes} bytes and may take ${maxBytes}`);
  }
}
