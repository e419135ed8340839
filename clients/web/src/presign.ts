import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { ConfigurationError } from './errors.ts';
import type { AwsCredentials } from './credentials.port.ts';

const service = 'iotdevicegateway';
const hashOfNothing = bytesToHex(sha256(new Uint8Array()));

/** Percent-encodes as SigV4 wants it: everything but A-Z a-z 0-9 - _ . ~ */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * Checks the address of the broker: `ws:` or `wss:`, no query, no user. An address without a path gets IoT Core's `/mqtt`.
 * @throws ConfigurationError
 */
export function brokerUrl(endpoint: string): URL {
  const text = endpoint.includes('://') ? endpoint : `wss://${endpoint}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'wss:' && url.protocol !== 'ws:'))
    throw new ConfigurationError(
      'endpoint must be a ws: or wss: URL, like wss://…-ats.iot.REGION.amazonaws.com/mqtt',
    );
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '')
    throw new ConfigurationError('endpoint must have no query, fragment or user: the signature goes there');
  if (url.pathname === '/') url.pathname = '/mqtt';
  return url;
}

export interface PresignRequest {
  /** From {@link brokerUrl}. */
  readonly url: URL;
  readonly region: string;
  readonly credentials: AwsCredentials;
  /** The moment of signing, milliseconds since the epoch. AWS refuses clocks that are more than 5 minutes off. */
  readonly nowMs: number;
  /** How long the URL may be used to connect, at most 86,400 s. Default: not said, which leaves it to AWS. */
  readonly expiresSeconds?: number | undefined;
}

/**
 * The URL for one attempt to connect, signed with SigV4 for service `iotdevicegateway`. Signed is the header `host` without its
 * port; the session token is appended *after* signing, contrary to what S3 wants and generic presigners do
 * (`omit_session_token` in the AWS CRT; `Signer.signUrl` in Amplify).
 */
export function presignedUrl({ url, region, credentials, nowMs, expiresSeconds }: PresignRequest): string {
  const amzDate = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const date = amzDate.slice(0, 8);
  const scope = `${date}/${region}/${service}/aws4_request`;
  const query = [
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${credentials.accessKeyId}/${scope}`],
    ['X-Amz-Date', amzDate],
    ...(expiresSeconds === undefined ? [] : [['X-Amz-Expires', String(expiresSeconds)]]),
    ['X-Amz-SignedHeaders', 'host'],
  ]
    .map(([name = '', value = '']) => `${name}=${encode(value)}`)
    .join('&');

  const canonicalRequest = ['GET', url.pathname, query, `host:${url.hostname}\n`, 'host', hashOfNothing];
  const hashOfRequest = bytesToHex(sha256(utf8ToBytes(canonicalRequest.join('\n'))));
  const textToSign = ['AWS4-HMAC-SHA256', amzDate, scope, hashOfRequest].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce(
    (secret, part) => hmac(sha256, secret, utf8ToBytes(part)),
    utf8ToBytes(`AWS4${credentials.secretAccessKey}`),
  );
  const signature = bytesToHex(hmac(sha256, key, utf8ToBytes(textToSign)));

  const token =
    credentials.sessionToken === undefined ? '' : `&X-Amz-Security-Token=${encode(credentials.sessionToken)}`;
  return `${url.protocol}//${url.host}${url.pathname}?${query}&X-Amz-Signature=${signature}${token}`;
}
