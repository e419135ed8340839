import {
  AwsError,
  type CredentialStore,
  EMPTY_SHA256,
  type HttpService,
  type Principal,
  parseQuery,
  verifySigV4,
} from '../core/index.ts';
import { refusalError } from './wire-errors.ts';

/** What of a request the signature covers, before its body has been read. */
export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** How the payload of a request is bound to its signature. */
export type PayloadClaim =
  /** The hash that was signed; the body must have it. */
  | { readonly kind: 'hash'; readonly sha256: string }
  /** The client signed in the hash's place that it does not sign the payload, or signs it in chunks. */
  | { readonly kind: 'open'; readonly text: string }
  /** Nothing announced: the hash of the body itself is part of the signature. */
  | { readonly kind: 'implicit' };

const hexSha256 = /^[0-9a-f]{64}$/;

/**
 * What the request says of its payload.
 *
 * Only S3 takes `UNSIGNED-PAYLOAD` and `STREAMING-…`. The signatures of single chunks
 * (`STREAMING-AWS4-HMAC-SHA256-PAYLOAD`) are not checked one by one: the head of the request and its length are
 * signed, and checksums guard the content.
 */
export function payloadClaimOf(head: RequestHead, service: HttpService): PayloadClaim {
  // Some presigners move the header into the query under its lower-case name.
  const query = new Map(parseQuery(head.query).map(([name, value]) => [name.toLowerCase(), value]));
  const isS3 = service.errorWire === 's3-xml';
  const presigned = query.has('x-amz-algorithm');
  const announced = presigned
    ? (query.get('x-amz-content-sha256') ?? (isS3 ? 'UNSIGNED-PAYLOAD' : undefined))
    : head.headers['x-amz-content-sha256'];
  if (announced === undefined) {
    if (isS3 && head.headers['authorization'] !== undefined)
      throw new AwsError(
        'InvalidRequest',
        400,
        'Missing required header for this request: x-amz-content-sha256',
      );
    return { kind: 'implicit' };
  }
  if (hexSha256.test(announced)) return { kind: 'hash', sha256: announced };
  if (isS3 && (announced === 'UNSIGNED-PAYLOAD' || announced.startsWith('STREAMING-')))
    return { kind: 'open', text: announced };
  throw new AwsError(
    isS3 ? 'InvalidArgument' : 'InvalidSignatureException',
    400,
    'x-amz-content-sha256 must be a valid sha256 value' + (isS3 ? ', UNSIGNED-PAYLOAD or STREAMING-…' : ''),
  );
}

/** What goes into the canonical request in place of the body's hash. */
export function bodyHashOf(claim: PayloadClaim, actualSha256: string | undefined): string {
  switch (claim.kind) {
    case 'hash':
      return claim.sha256;
    case 'open':
      return claim.text;
    case 'implicit':
      return actualSha256 ?? EMPTY_SHA256;
  }
}

export function payloadMismatch(wire: HttpService['errorWire']): AwsError {
  return wire === 's3-xml'
    ? new AwsError(
        'XAmzContentSHA256Mismatch',
        400,
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
      )
    : refusalError(wire, 'signature', 'The body does not have the hash that was signed.');
}

/**
 * Who sent a request.
 * @returns the anonymous principal for an unsigned request that the service takes from anybody
 * @throws AwsError in the words of the service when the signature, its time or its credentials do not hold
 */
export function authenticate(
  head: RequestHead,
  bodyHash: string,
  service: HttpService,
  options: { readonly credentials: CredentialStore; readonly region: string; readonly nowMs: number },
  isPublic: boolean,
): Principal {
  const result = verifySigV4(
    { ...head, bodyHash },
    {
      service: service.signingName,
      region: options.region,
      pathEscaping: service.pathEscaping,
      sessionToken: 'signed',
      hostPort: 'required',
      nowMs: options.nowMs,
    },
    (accessKeyId) => options.credentials.find(accessKeyId),
  );
  if (result.ok) return result.credential.principal;
  if (result.refusal === 'missing' && isPublic) return { kind: 'anonymous' };
  throw refusalError(service.errorWire, result.refusal, result.message, result.details);
}
