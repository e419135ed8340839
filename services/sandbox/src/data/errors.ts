import { StepcastError } from '@stepcast/kit';

/** `--data` cannot be used. The message says why and what to do. */
export class DataFolderError extends StepcastError {
  readonly code = 'SANDBOX_DATA_UNUSABLE';
  readonly retryable = false;
}
