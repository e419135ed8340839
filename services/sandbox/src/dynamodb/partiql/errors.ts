const NOT_WELL_FORMED = "Statement wasn't well formed, can't be processed: ";

/** A statement that DynamoDB itself refuses to read. The message is DynamoDB's. */
export class MalformedStatementError extends Error {
  constructor(detail: string) {
    super(NOT_WELL_FORMED + detail);
    this.name = 'MalformedStatementError';
  }
}

/** A statement that DynamoDB may run, but the sandbox does not understand. The message names what. */
export class UnsupportedStatementError extends Error {
  constructor(what: string) {
    super(`PartiQL with ${what}`);
    this.name = 'UnsupportedStatementError';
  }
}
