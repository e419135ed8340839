/** An error that a caller sees as AWS would show it: a code, a status, a message. */
export class AwsError extends Error {
  readonly code: string;
  readonly httpStatus: number;
  constructor(code: string, httpStatus: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AwsError';
    this.code = code;
    this.httpStatus = httpStatus;
  }
}

/** What is not there is said so, never answered with 200. */
export function notImplemented(what: string): AwsError {
  return new AwsError('NotImplemented', 501, `${what} is not implemented in the Stepcast sandbox`);
}
