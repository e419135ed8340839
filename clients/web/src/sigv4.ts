import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

export const HASH_OF_NOTHING = bytesToHex(sha256(new Uint8Array()));

/** Percent-encodes as SigV4 wants it: everything but A-Z a-z 0-9 - _ . ~ */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Names and values as the query of a URL. */
export function queryText(query: readonly (readonly [name: string, value: string])[]): string {
  return query.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
}

/** When, where and for which service a signature holds. */
export interface SigningScope {
  /** `20261103T100000Z` */
  readonly amzDate: string;
  readonly region: string;
  readonly service: string;
}

export function amzDateOf(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

export function scopeText({ amzDate, region, service }: SigningScope): string {
  return `${amzDate.slice(0, 8)}/${region}/${service}/aws4_request`;
}

/** The signature of a canonical request, by its lines. */
export function signatureOf(
  canonicalRequest: readonly string[],
  scope: SigningScope,
  secretAccessKey: string,
): string {
  const hashOfRequest = bytesToHex(sha256(utf8ToBytes(canonicalRequest.join('\n'))));
  const textToSign = ['AWS4-HMAC-SHA256', scope.amzDate, scopeText(scope), hashOfRequest].join('\n');
  const key = scopeText(scope)
    .split('/')
    .reduce((secret, part) => hmac(sha256, secret, utf8ToBytes(part)), utf8ToBytes(`AWS4${secretAccessKey}`));
  return bytesToHex(hmac(sha256, key, utf8ToBytes(textToSign)));
}
