import { StepcastError } from '@stepcast/kit';

/**
 * What the demo workflow's functions throw. The class name is the error name that `Retry` and `Catch` of the state
 * machine match, as the name of a thrown error is for a Lambda function in Node.
 */
export abstract class PhotoError extends StepcastError {
  override readonly retryable: boolean = false;
}

/** The object has 0 bytes. */
export class EmptyFile extends PhotoError {
  override readonly code = 'WORKFLOW_EMPTY_FILE';
}

/** More bytes or more pixels than the workflow decodes; see `PHOTO_LIMITS`. */
export class FileTooLarge extends PhotoError {
  override readonly code = 'WORKFLOW_FILE_TOO_LARGE';
}

/** The first bytes are those of no image format. */
export class NotAnImage extends PhotoError {
  override readonly code = 'WORKFLOW_NOT_AN_IMAGE';
}

/** An image, but in a format that the decoder here does not read (HEIC, BMP, SVG …). */
export class UnsupportedFormat extends PhotoError {
  override readonly code = 'WORKFLOW_UNSUPPORTED_FORMAT';
}

/** It begins like an image, but cannot be decoded. */
export class DamagedImage extends PhotoError {
  override readonly code = 'WORKFLOW_DAMAGED_IMAGE';
}

/** Thrown on purpose on the first attempt for about a third of all files, so that a retry can be seen. */
export class Throttled extends PhotoError {
  override readonly code = 'WORKFLOW_THROTTLED';
  override readonly retryable = true;
}

/** A function was given an input that is not what the state machine should have given it. */
export class InvalidInput extends PhotoError {
  override readonly code = 'WORKFLOW_INVALID_INPUT';
}

/** `HandlerContext.getObject` throws this instead of reading more than `maxBytes`. */
export class ObjectTooLarge extends StepcastError {
  readonly code = 'WORKFLOW_OBJECT_TOO_LARGE';
  readonly retryable = false;
}

/** `--definition` or `--handlers` cannot be used. The message says which file, what is wrong and what to do. */
export class UserWorkflowError extends StepcastError {
  readonly code = 'WORKFLOW_USER_FILES';
  readonly retryable = false;
}
