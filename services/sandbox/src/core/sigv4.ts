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
import {
  ALGORITHM,
  type Claim,
  readClaim,
  Refused,
  type SignedRequest,
  type SigV4Refusal,
} from './sigv4-claim.ts';

export type { SignedRequest, SigV4Refusal } from './sigv4-claim.ts';

/**
 * AWS Signature Version 4, the verifying side: one pure function over what came in. The HTTP front and the WebSocket
 * check of the MQTT broker share it; both turn its refusals into the errors of their own service.
 *
 * Source of the rules: "Signature Version 4 signing process" in the AWS General Reference; S3 differs in that the path
 * is escaped once instead of twice, IoT in that the session token is added after signing and the host has no port.
 */

export const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const CLOCK_SKEW_MS = 15 * 60 * 1000;
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

export type SigV4Result =
  | { readonly ok: true; readonly credential: IssuedCredential; readonly form: 'header' | 'presigned' }
  | { readonly ok: false; readonly refusal: SigV4Refusal; readonly message: string };

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
  // Only a caller that knows the secret learns about the clock and the token.
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
