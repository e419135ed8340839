import { ConfigurationError } from './errors.ts';
import type { AwsCredentials } from './credentials.port.ts';
import { amzDateOf, encode, HASH_OF_NOTHING, queryText, scopeText, signatureOf } from './sigv4.ts';

const service = 'iotdevicegateway';

/**
 * Checks the address of the broker: `ws:` or `wss:`, no query, no user. An address without a path gets IoT Core's `/mqtt`.
 * @throws ConfigurationError
 */
export function brokerUrl(endpoint: string): URL {
  const text = endpoint.includes('://') ? endpoint : `wss://${endpoint}`;
  const url = urlOf(text);
  if (url === undefined || (url.protocol !== 'wss:' && url.protocol !== 'ws:'))
    throw new ConfigurationError(
      'endpoint must be a ws: or wss: URL, like wss://…-ats.iot.REGION.amazonaws.com/mqtt',
    );
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '')
    throw new ConfigurationError('endpoint must have no query, fragment or user: the signature goes there');
  if (url.pathname === '/') url.pathname = '/mqtt';
  return url;
}

function urlOf(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
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
  const scope = { amzDate: amzDateOf(nowMs), region, service };
  const query = queryText([
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${credentials.accessKeyId}/${scopeText(scope)}`],
    ['X-Amz-Date', scope.amzDate],
    ...(expiresSeconds === undefined ? [] : [['X-Amz-Expires', String(expiresSeconds)] as const]),
    ['X-Amz-SignedHeaders', 'host'],
  ]);

  const canonicalRequest = ['GET', url.pathname, query, `host:${url.hostname}\n`, 'host', HASH_OF_NOTHING];
  const signature = signatureOf(canonicalRequest, scope, credentials.secretAccessKey);

  const token =
    credentials.sessionToken === undefined ? '' : `&X-Amz-Security-Token=${encode(credentials.sessionToken)}`;
  return `${url.protocol}//${url.host}${url.pathname}?${query}&X-Amz-Signature=${signature}${token}`;
}
