import { createHash } from 'node:crypto';
import type { IssuedCredential } from './credentials.ts';
import {
  canonicalQuery,
  compareText,
  equalConstantTime,
  hmac,
  parseQuery,
  pathEscapedOnce,
  pathEscapedTwice,
  type QueryPair,
  signingKey,
} from './sigv4-canonical.ts';

/**
 * AWS Signature Version 4, the verifying side: one pure function over what came in. The HTTP front and the WebSocket
 * check of the MQTT broker share it; both turn its refusals into the errors of their own service.
 *
 * Source of the rules: "Signature Version 4 signing process" in the AWS General Reference; S3 differs in that the path
 * is escaped once instead of twice, IoT in that the session token is added after signing and the host has no port.
 */

export const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const ALGORITHM = 'AWS4-HMAC-SHA256';
const CLOCK_SKEW_MS = 15 * 60 * 1000;
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

export interface SigV4Options {
  /** The service of the credential scope, for example `s3` or `iotdevicegateway`. */
  readonly service: string;
  /** The region of the credential scope; any region when undefined. */
  readonly region: string | undefined;
  /** `once` for S3, `twice` for everything else. */
  readonly pathEscaping: 'once' | 'twice';
  /** `signed` everywhere; `appended` for IoT, whose session token is added to the query after signing. */
  readonly sessionToken: 'signed' | 'appended';
  /** IoT clients sign the host without its port; with `optional` both forms are taken. */
  readonly hostPort: 'required' | 'optional';
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/**
 * Why a request was refused:
 * `missing` no signature at all · `malformed` one that cannot be read · `scope` made for another service, region or day ·
 * `unsignedHeaders` `host` or an `x-amz-*` header is not covered · `unknownKey` · `invalidToken` session token missing
 * or not the one of the key · `skewed` clock more than 15 minutes off · `expiredRequest` presigned URL too old ·
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

export type SigV4Result =
  | { readonly ok: true; readonly credential: IssuedCredential; readonly form: 'header' | 'presigned' }
  | { readonly ok: false; readonly refusal: SigV4Refusal; readonly message: string };

interface Claim {
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

class Refused extends Error {
  readonly refusal: SigV4Refusal;
  constructor(refusal: SigV4Refusal, message: string) {
    super(message);
    this.refusal = refusal;
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

function readClaim(request: SignedRequest, pairs: readonly QueryPair[]): Claim {
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

/** `host` must always be covered, and every `x-amz-*` header that is there: otherwise somebody could add one. */
function checkCovered(request: SignedRequest, claim: Claim): void {
  const signed = new Set(claim.signedHeaders);
  const uncovered = [
    'host',
    ...Object.keys(request.headers).filter((name) => name.startsWith('x-amz-')),
  ].filter(
    // A browser may announce the hash of a presigned request; AWS lets that one header be unsigned.
    (name) => !signed.has(name) && !(claim.form === 'presigned' && name === 'x-amz-content-sha256'),
  );
  if (uncovered.length > 0)
    throw new Refused(
      'unsignedHeaders',
      `There were headers present in the request which were not signed: ${uncovered.join(', ')}`,
    );
}

function checkTime(claim: Claim, nowMs: number): void {
  const ageMs = nowMs - claim.signedAtMs;
  if (claim.form === 'presigned') {
    if (ageMs < -CLOCK_SKEW_MS) throw new Refused('skewed', 'The presigned URL is dated in the future.');
    // IoT's presigned URLs need no X-Amz-Expires; they then live as long as a signed request.
    const lifetimeMs = claim.expiresSeconds === undefined ? CLOCK_SKEW_MS : claim.expiresSeconds * 1000;
    if (ageMs > lifetimeMs) throw new Refused('expiredRequest', 'Request has expired');
  } else if (Math.abs(ageMs) > CLOCK_SKEW_MS) {
    throw new Refused(
      'skewed',
      'The difference between the request time and the current time is too large (more than 15 minutes).',
    );
  }
}

function checkCredential(credential: IssuedCredential, claim: Claim, nowMs: number): void {
  if (credential.sessionToken !== claim.sessionToken)
    throw new Refused(
      'invalidToken',
      claim.sessionToken === undefined
        ? 'The access key is temporary: the request must carry its session token.'
        : 'The session token does not belong to the access key.',
    );
  if (credential.expiresAtMs !== undefined && nowMs >= credential.expiresAtMs)
    throw new Refused('expiredCredential', 'The security token included in the request is expired');
}

function signatureOf(
  request: SignedRequest,
  pairs: readonly QueryPair[],
  claim: Claim,
  secretAccessKey: string,
  options: SigV4Options,
  host: string,
): string {
  const names = [...claim.signedHeaders].sort(compareText);
  const headers = names.map((name) => {
    const value = name === 'host' ? host : (request.headers[name] ?? '');
    return `${name}:${value.trim().replace(/\s+/g, ' ')}\n`;
  });
  const outside = new Set(['X-Amz-Signature']);
  if (options.sessionToken === 'appended') outside.add('X-Amz-Security-Token');
  const canonicalRequest = [
    request.method.toUpperCase(),
    options.pathEscaping === 'once' ? pathEscapedOnce(request.path) : pathEscapedTwice(request.path),
    canonicalQuery(claim.form === 'presigned' ? pairs.filter(([name]) => !outside.has(name)) : pairs),
    headers.join(''),
    names.join(';'),
    request.bodyHash,
  ].join('\n');
  const scope = `${claim.date}/${claim.region}/${claim.service}/aws4_request`;
  const digest = createHash('sha256').update(canonicalRequest).digest('hex');
  const text = [ALGORITHM, claim.amzDate, scope, digest].join('\n');
  return hmac(signingKey(secretAccessKey, claim.date, claim.region, claim.service), text).toString('hex');
}

function verify(
  request: SignedRequest,
  options: SigV4Options,
  find: (accessKeyId: string) => IssuedCredential | undefined,
): SigV4Result {
  const pairs = parseQuery(request.query);
  const claim = readClaim(request, pairs);
  if (claim.service !== options.service || (options.region !== undefined && claim.region !== options.region))
    throw new Refused(
      'scope',
      `Credential should be scoped to service '${options.service}'` +
        `${options.region === undefined ? '' : ` in region '${options.region}'`}, ` +
        `not '${claim.service}' in '${claim.region}'.`,
    );
  const credential = find(claim.accessKeyId);
  if (credential === undefined)
    throw new Refused('unknownKey', 'The AWS Access Key Id you provided does not exist in our records.');
  checkCovered(request, claim);

  const host = request.headers['host'] ?? '';
  const hosts = options.hostPort === 'optional' ? [host, host.replace(/:\d+$/, '')] : [host];
  const matches = hosts.some((form) =>
    equalConstantTime(
      claim.signature,
      signatureOf(request, pairs, claim, credential.secretAccessKey, options, form),
    ),
  );
  // Only who knows the secret is told about the clock and the token.
  if (!matches)
    throw new Refused(
      'signature',
      'The request signature we calculated does not match the signature you provided. ' +
        'Check your key and signing method.',
    );
  checkTime(claim, options.nowMs);
  checkCredential(credential, claim, options.nowMs);
  return { ok: true, credential, form: claim.form };
}

/**
 * Verifies one request. Never throws for anything that a client can send.
 *
 * @param find how access keys are known again, for example `CredentialStore.find`
 */
export function verifySigV4(
  request: SignedRequest,
  options: SigV4Options,
  find: (accessKeyId: string) => IssuedCredential | undefined,
): SigV4Result {
  try {
    return verify(request, options, find);
  } catch (error) {
    if (error instanceof Refused) return { ok: false, refusal: error.refusal, message: error.message };
    throw error;
  }
}
