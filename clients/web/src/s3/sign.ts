import type { ResolvedCredentials } from '../credentials.ts';
import { type Runtime, systemRuntime } from '../runtime.ts';
import { amzDateOf, queryText, scopeText, signatureOf } from '../sigv4.ts';
import { objectAddress, type S3Address } from './address.ts';

/** One request to S3, before it has a URL. */
export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly bucket: string;
  /** The decoded key; empty for a listing, which asks the bucket itself. */
  readonly key: string;
  /** Of a listing, or of a multipart upload: `uploads`, `uploadId`, `partNumber`, `part-number-marker`. */
  readonly query: Readonly<Record<string, string>>;
  /** What will be sent, names in lower case. S3 wants those that begin with `x-amz-` to be signed. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Gives the signed URL of one request. Asked anew for every attempt; when it throws, it is asked again after a while, unless the error has
 * `retryable: false`.
 */
export type Sign = (request: S3Request) => Promise<string>;

/** What a signature needs of credentials: those of the client, of Cognito, of an AWS SDK. */
export type SigningCredentials = Pick<ResolvedCredentials, 'accessKeyId' | 'secretAccessKey'> & {
  readonly sessionToken?: string | undefined;
  /** Add it to the clock of this device to get AWS's. */
  readonly clockOffsetMs?: number | undefined;
};

export interface S3SignerOptions extends S3Address {
  readonly credentials: () => Promise<SigningCredentials>;
  readonly runtime?: Pick<Runtime, 'now'> | undefined;
}

/** A signature has to last until the request has begun, not until it has ended. */
const EXPIRES_SECONDS = 900;

/**
 * Signs with the person's own credentials: SigV4 in the query, payload unsigned, the session token signed (contrary to AWS IoT).
 * Checksums are headers and signed with them, so S3 refuses a body that was changed on its way.
 */
export function s3Signer(options: S3SignerOptions): Sign {
  const runtime = options.runtime ?? systemRuntime;
  return async (request) => {
    const credentials = await options.credentials();
    return signedUrl(request, options, credentials, runtime.now() + (credentials.clockOffsetMs ?? 0));
  };
}

/** The URL of one request, signed at a moment. Exported for tests. */
export function signedUrl(
  { method, bucket, key, query, headers }: S3Request,
  address: S3Address,
  credentials: SigningCredentials,
  nowMs: number,
  expiresSeconds = EXPIRES_SECONDS,
): string {
  const { origin, host, path } = objectAddress(address, bucket, key);
  const scope = { amzDate: amzDateOf(nowMs), region: address.region, service: 's3' };
  const signed = Object.entries({ ...headers, host })
    .filter(([name]) => name === 'host' || name.startsWith('x-amz-'))
    .sort(byName);
  const names = signed.map(([name]) => name).join(';');
  const token = credentials.sessionToken;
  const parameters: [string, string][] = [
    ...Object.entries(query),
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${credentials.accessKeyId}/${scopeText(scope)}`],
    ['X-Amz-Date', scope.amzDate],
    ['X-Amz-Expires', String(expiresSeconds)],
    ['X-Amz-SignedHeaders', names],
  ];
  if (token !== undefined) parameters.push(['X-Amz-Security-Token', token]);
  const text = queryText(parameters.sort(byName));
  const canonical = [
    method,
    path,
    text,
    ...signed.map(([name, value]) => `${name}:${value.trim()}`),
    '',
    names,
    'UNSIGNED-PAYLOAD',
  ];
  const signature = signatureOf(canonical, scope, credentials.secretAccessKey);
  return `${origin}${path}?${text}&X-Amz-Signature=${signature}`;
}

/** By code unit, as SigV4 sorts; the names here are ASCII. */
function byName([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
