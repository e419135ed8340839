import { textOf } from './xml.ts';

/** S3 refused a request, or did not answer as it should. */
export class S3UploadError extends Error {
  /** `S3_` and what S3 calls it: `S3_ACCESS_DENIED`, `S3_ENTITY_TOO_LARGE`; `S3_NETWORK` without an answer. */
  readonly code: string;
  /** HTTP status; 0 without an answer. */
  readonly status: number;
  /** The name that S3 gives: `AccessDenied`; empty without one. */
  readonly s3Code: string;
  /** For AWS support: `x-amz-request-id`. */
  readonly requestId: string | undefined;
  /** Whether the same file may get through later. What S3 has of it stays there. */
  readonly retryable: boolean;

  constructor(
    message: string,
    details: {
      readonly code: string;
      readonly retryable: boolean;
      readonly status?: number;
      readonly s3Code?: string;
      readonly requestId?: string | undefined;
    },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'S3UploadError';
    this.code = details.code;
    this.retryable = details.retryable;
    this.status = details.status ?? 0;
    this.s3Code = details.s3Code ?? '';
    this.requestId = details.requestId;
  }
}

/** Names of refusals that a new signature or a new attempt gets over. */
const passing = new Set([
  'ExpiredToken',
  'RequestExpired',
  'RequestTimeTooSkewed',
  'RequestTimeout',
  'SlowDown',
  'InternalError',
  'ServiceUnavailable',
  'OperationAborted',
  'BadDigest',
  'IncompleteBody',
]);

/** What a refusal of S3 says. Its body is XML with `Code` and `Message`; that of HEAD is empty. */
export function refusal(status: number, body: string, requestId: string | undefined): S3UploadError {
  const s3Code = textOf(body, 'Code') ?? '';
  const said = textOf(body, 'Message') ?? '';
  const name =
    s3Code === ''
      ? `HTTP_${status}`
      : s3Code.replace(/[a-z0-9][A-Z]/g, (pair) => `${pair.charAt(0)}_${pair.charAt(1)}`).toUpperCase();
  return new S3UploadError(
    s3Code === '' ? `S3 answered with HTTP ${status}` : `S3 refused: ${s3Code}: ${said}`,
    {
      code: `S3_${name}`,
      retryable: status >= 500 || status === 408 || status === 429 || passing.has(s3Code),
      status,
      s3Code,
      requestId,
    },
  );
}

/** There was no answer: the network is away, the page may not ask this origin (CORS), or nothing moved for too long. */
export function noAnswer(message: string, cause?: Error): S3UploadError {
  return new S3UploadError(message, { code: 'S3_NETWORK', retryable: true }, { cause });
}
