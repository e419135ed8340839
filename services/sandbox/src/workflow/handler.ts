/** What a function of a workflow is given besides its input. */
export interface HandlerContext {
  /**
   * Reads an object of the sandbox's S3.
   *
   * `maxBytes`: throw `ObjectTooLarge` instead of holding more than this; no limit when absent.
   * `firstBytes`: read only the first so many bytes (an HTTP range), for example to read the file's type.
   */
  getObject(
    bucket: string,
    key: string,
    options?: { readonly maxBytes?: number; readonly firstBytes?: number },
  ): Promise<Buffer>;
  /**
   * Writes an object. A key under the uploads prefix (`users/{identityId}/…`) is an upload like any other and starts
   * the workflow again.
   */
  putObject(
    bucket: string,
    key: string,
    body: Uint8Array,
    options?: { readonly contentType?: string },
  ): Promise<void>;
  /** Aborted when the task times out, the execution is stopped or the sandbox ends. */
  readonly signal: AbortSignal;
  /** 1 for the first try, 2 for the first retry, … */
  readonly attempt: number;
  readonly executionArn: string;
  readonly functionName: string;
}

/**
 * One function of a workflow, the sandbox's stand-in for a Lambda function. What it returns must be JSON; what it
 * throws fails the task with the error's `name` as the error and its `message` as the cause.
 */
export type Handler = (event: unknown, context: HandlerContext) => Promise<unknown>;

/** The functions of a workflow by their names. */
export type Handlers = Readonly<Record<string, Handler>>;
