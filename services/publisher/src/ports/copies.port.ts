import { StepcastError, type FailureKind } from '@stepcast/kit';

/** How many copies of this publisher there are. */
export interface CopiesReader {
  /**
   * Copies that run, and those that are about to: at least 0.
   * @throws CopiesUnknownError
   */
  read(signal: AbortSignal): Promise<number>;
}

/** Nobody could say how many copies run. The publisher goes on as if there were as many as there may be. */
export class CopiesUnknownError extends StepcastError {
  readonly code = 'PUBLISHER_COPIES_UNKNOWN';
  readonly retryable = true;
  override readonly failure: FailureKind = 'infrastructure';
  constructor(reason: string, options?: ErrorOptions) {
    super(`the number of copies is not known: ${reason}`, options);
  }
}
