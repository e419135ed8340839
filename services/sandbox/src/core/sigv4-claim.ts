import type { QueryPair } from './sigv4-canonical.ts';

/** What a request says of its own signature, read but not believed yet. */

export const ALGORITHM = 'AWS4-HMAC-SHA256';

const MAX_PRESIGN_SECONDS = 7 * 24 * 60 * 60;

/** A request as it came over the wire. */
export interface SignedRequest {
  readonly method: string;
  /** As sent: percent-encoded, with any prefix, without the query. */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly query: string;
  /** Names in lower case; several of one name joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Hex SHA-256 of the body, or the text that the client signed in its place (`UNSIGNED-PAYLOAD`, `STREAMING-…`).
   * Who streams passes what the header `x-amz-content-sha256` announces, and compares when the body has ended.
   */
  readonly bodyHash: string;
}

/**
 * Why a request was refused:
 * `missing` no signature at all · `malformed` one that cannot be read · `scope` made for another service, region or day ·
 * `unsignedHeaders` `host` or an `x-amz-*` header is not covered · `unknownKey` · `invalidToken` session token missing
 * or not the one of the key · `skewed` clock too far off · `expiredRequest` presigned URL too old, or not valid yet ·
 * `expiredCredential` · `signature` does not match.
 */
export type SigV4Refusal =
  | 'missing'
  | 'malformed'
  | 'scope'
  | 'unsignedHeaders'
  | 'unknownKey'
  | 'invalidToken'
  | 'skewed'
  | 'expiredRequest'
  | 'expiredCredential'
  | 'signature';

/** A signature as it was sent, in either form. */
export interface Claim {
  readonly form: 'header' | 'presigned';
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `yyyymmddThhmmssZ` */
  readonly amzDate: string;
  readonly signedAtMs: number;
  /** Only of presigned URLs, and only where given. */
  readonly expiresSeconds: number | undefined;
  readonly sessionToken: string | undefined;
}

/** Ends the verification; never leaves it. */
export class Refused extends Error {
  readonly refusal: SigV4Refusal;
  readonly details: Readonly<Record<string, string>>;
  constructor(refusal: SigV4Refusal, message: string, details: Readonly<Record<string, string>> = {}) {
    super(message);
    this.refusal = refusal;
    this.details = details;
  }
}

function instantOf(amzDate: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const parsed = Date.parse(
    `${year ?? ''}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${second ?? ''}Z`,
  );
  return Number.isNaN(parsed) ? undefined : parsed;
}

function claimOf(
  form: Claim['form'],
  parts: {
    credential: string | undefined;
    signedHeaders: string | undefined;
    signature: string | undefined;
    amzDate: string | undefined;
    expires: string | undefined;
    sessionToken: string | undefined;
  },
): Claim {
  const { credential, signedHeaders, signature, amzDate } = parts;
  if (!credential || !signedHeaders || !signature || !amzDate)
    throw new Refused(
      'malformed',
      form === 'header'
        ? 'The authorization header needs Credential, SignedHeaders and Signature, and the request an x-amz-date header.'
        : 'A presigned URL needs X-Amz-Algorithm, X-Amz-Credential, X-Amz-Date, X-Amz-SignedHeaders and X-Amz-Signature.',
    );
  const [accessKeyId = '', date = '', region = '', service = '', terminator = '', ...rest] =
    credential.split('/');
  if (terminator !== 'aws4_request' || rest.length > 0)
    throw new Refused(
      'malformed',
      'The credential must read <access key id>/<yyyymmdd>/<region>/<service>/aws4_request.',
    );
  const signedAtMs = instantOf(amzDate);
  if (signedAtMs === undefined)
    throw new Refused('malformed', 'The date of the signature must read yyyymmddThhmmssZ.');
  if (!amzDate.startsWith(date))
    throw new Refused('scope', `The credential is scoped to ${date}, the request is dated ${amzDate}.`);
  const expiresSeconds = parts.expires === undefined ? undefined : Number(parts.expires);
  if (
    expiresSeconds !== undefined &&
    !(Number.isInteger(expiresSeconds) && expiresSeconds > 0 && expiresSeconds <= MAX_PRESIGN_SECONDS)
  )
    throw new Refused('malformed', 'X-Amz-Expires must be between 1 and 604800 seconds.');
  return {
    form,
    accessKeyId,
    date,
    region,
    service,
    signedHeaders: signedHeaders.split(';'),
    signature,
    amzDate,
    signedAtMs,
    expiresSeconds,
    sessionToken: parts.sessionToken,
  };
}

/** @throws Refused `missing`, `malformed` or `scope` */
export function readClaim(request: SignedRequest, pairs: readonly QueryPair[]): Claim {
  const one = (name: string): string | undefined => {
    const found = pairs.filter(([key]) => key === name);
    if (found.length > 1) throw new Refused('malformed', `The query has ${name} more than once.`);
    return found[0]?.[1];
  };
  const algorithm = one('X-Amz-Algorithm');
  const header = request.headers['authorization'];
  if (header !== undefined && algorithm !== undefined)
    throw new Refused('malformed', 'Only one auth mechanism allowed: header or query, not both.');
  if (algorithm !== undefined) {
    if (algorithm !== ALGORITHM) throw new Refused('malformed', `Only ${ALGORITHM} is supported.`);
    return claimOf('presigned', {
      credential: one('X-Amz-Credential'),
      signedHeaders: one('X-Amz-SignedHeaders'),
      signature: one('X-Amz-Signature'),
      amzDate: one('X-Amz-Date'),
      expires: one('X-Amz-Expires'),
      sessionToken: one('X-Amz-Security-Token'),
    });
  }
  if (header === undefined) throw new Refused('missing', 'The request is not signed.');
  if (!header.startsWith(`${ALGORITHM} `)) throw new Refused('malformed', `Only ${ALGORITHM} is supported.`);
  const fields = new Map(
    header
      .slice(ALGORITHM.length)
      .split(',')
      .map((field) => {
        const [name = '', value = ''] = field.trim().split('=', 2);
        return [name, value] as const;
      }),
  );
  return claimOf('header', {
    credential: fields.get('Credential'),
    signedHeaders: fields.get('SignedHeaders'),
    signature: fields.get('Signature'),
    amzDate: request.headers['x-amz-date'],
    expires: undefined,
    sessionToken: request.headers['x-amz-security-token'],
  });
}
