/** What went wrong, in the one respect that decides what happens to the message: see `failure-policy.ts`. */
export type FailureKind = 'infrastructure' | 'contention' | 'poison' | 'unexpected';

/**
 * Base of every error of ours. It carries a stable code, the cause, and the decision whether trying again can help,
 * so that the code that catches it does not have to guess.
 */
export abstract class StepcastError extends Error {
  /** Stable, `AREA_REASON`. `docs/reference/errors.md`, which `npm run docs:reference` writes, has every code. */
  abstract readonly code: string;
  /** Whether the same call may succeed later without anybody changing anything. */
  abstract readonly retryable: boolean;
  /** Set where the error knows better than its cause; see `failureKindOf`. */
  readonly failure?: FailureKind;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Whether something is an Error, of another realm too, where `instanceof` says no. (`Error.isError` needs Node 24.) */
export function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || Object.prototype.toString.call(thrown) === '[object Error]';
}

/** Whatever was thrown, as an Error. */
export function asError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new Error(String(thrown));
}

/** Whether trying again can help. Errors that do not say so are taken as retryable: nothing is given up by mistake. */
export function isRetryable(thrown: unknown): boolean {
  return thrown instanceof StepcastError ? thrown.retryable : true;
}

/** The parts of an error that go into a log line: no payload, no stack of foreign errors' data. */
export function errorFields(thrown: unknown): {
  readonly err: {
    readonly name: string;
    readonly message: string;
    readonly code?: string;
    readonly stack?: string;
  };
} {
  const error = asError(thrown);
  return {
    err: {
      name: error.name,
      message: error.message,
      ...(error instanceof StepcastError ? { code: error.code } : {}),
      ...(error.stack === undefined ? {} : { stack: error.stack }),
    },
  };
}
