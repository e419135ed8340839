/** An error that a caller sees as AWS would show it: a code, a status, a message. */
export class AwsError extends Error {
  readonly code: string;
  readonly httpStatus: number;
  /** What an error of S3 says besides, for example `ServerTime`. */
  readonly details: Readonly<Record<string, string>>;
  constructor(
    code: string,
    httpStatus: number,
    message: string,
    options: ErrorOptions & { readonly details?: Readonly<Record<string, string>> } = {},
  ) {
    super(message, options);
    this.name = 'AwsError';
    this.code = code;
    this.httpStatus = httpStatus;
    this.details = options.details ?? {};
  }
}

/** What is not there is said so, never answered with 200. */
export function notImplemented(what: string): AwsError {
  return new AwsError('NotImplemented', 501, `${what} is not implemented in the Stepcast sandbox`);
}
