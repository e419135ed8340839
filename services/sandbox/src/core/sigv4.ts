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

/** How far the clocks of client and service may differ, in every service but S3. */
const CLOCK_SKEW_MS = 5 * 60 * 1000;
const S3_CLOCK_SKEW_MS = 15 * 60 * 1000;

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
  | {
      readonly ok: false;
      readonly refusal: SigV4Refusal;
      readonly message: string;
      /** What S3 puts beside the message. */
      readonly details: Readonly<Record<string, string>>;
    };

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

function checkTime(claim: Claim, { nowMs, service, sessionToken }: SigV4Options): void {
  const ageMs = nowMs - claim.signedAtMs;
  const skewMs = service === 's3' ? S3_CLOCK_SKEW_MS : CLOCK_SKEW_MS;
  if (claim.form === 'header') {
    if (Math.abs(ageMs) > skewMs) throw service === 's3' ? skewedInS3(claim, nowMs) : skewed(claim, nowMs);
    return;
  }
  if (ageMs < -skewMs) {
    if (service !== 's3') throw skewed(claim, nowMs);
    throw new Refused('expiredRequest', 'Request is not valid yet', {
      ServerTime: new Date(nowMs).toISOString(),
    });
  }
  const givenMs = claim.expiresSeconds === undefined ? skewMs : claim.expiresSeconds * 1000;
  // Four independent reports: IoT Core refuses a URL minutes after its date, whatever X-Amz-Expires says.
  const lifetimeMs = sessionToken === 'appended' ? Math.min(givenMs, CLOCK_SKEW_MS) : givenMs;
  if (ageMs > lifetimeMs)
    throw new Refused('expiredRequest', 'Request has expired', {
      'X-Amz-Expires': String(lifetimeMs / 1000),
      Expires: new Date(claim.signedAtMs + lifetimeMs).toISOString(),
      ServerTime: new Date(nowMs).toISOString(),
    });
}

/** `yyyymmddThhmmssZ` */
function amzDateOf(ms: number): string {
  return `${new Date(ms).toISOString().replace(/[-:]/g, '').slice(0, 15)}Z`;
}

function skewed({ amzDate, signedAtMs }: Claim, nowMs: number): Refused {
  const now = amzDateOf(nowMs);
  return new Refused(
    'skewed',
    signedAtMs < nowMs
      ? `Signature expired: ${amzDate} is now earlier than ${amzDateOf(nowMs - CLOCK_SKEW_MS)} (${now} - 5 min.)`
      : `Signature not yet current: ${amzDate} is still later than ${amzDateOf(nowMs + CLOCK_SKEW_MS)} (${now} + 5 min.)`,
  );
}

function skewedInS3({ amzDate }: Claim, nowMs: number): Refused {
  return new Refused('skewed', 'The difference between the request time and the current time is too large.', {
    RequestTime: amzDate,
    ServerTime: new Date(nowMs).toISOString(),
    MaxAllowedSkewMilliseconds: String(S3_CLOCK_SKEW_MS),
  });
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
    throw new Refused(
      'unknownKey',
      options.service === 's3'
        ? 'The AWS Access Key Id you provided does not exist in our records.'
        : 'The security token included in the request is invalid.',
    );
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
        (options.service === 's3'
          ? 'Check your key and signing method.'
          : 'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'),
    );
  checkTime(claim, options);
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
    if (error instanceof Refused) {
      const { refusal, message, details } = error;
      return { ok: false, refusal, message, details };
    }
    throw error;
  }
}
