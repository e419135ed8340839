import { StepcastError } from '@stepcast/kit';

/** A recording of an execution cannot be used. The message says where it is wrong, what, and what to do. */
export class RecordingInvalidError extends StepcastError {
  readonly code = 'SANDBOX_RECORDING_INVALID';
  readonly retryable = false;
}

/** A recording is in order, but the sandbox has run that execution itself, or has as many recordings as it keeps. */
export class RecordingRefusedError extends StepcastError {
  readonly code = 'SANDBOX_RECORDING_REFUSED';
  readonly retryable = false;
}
