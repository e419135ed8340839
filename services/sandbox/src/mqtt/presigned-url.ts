import type { IncomingMessage } from 'node:http';
import { EMPTY_SHA256, verifySigV4, type CredentialStore, type IssuedCredential } from '../core/index.ts';

export type UpgradeVerdict =
  | { readonly ok: true; readonly credential: IssuedCredential }
  | { readonly ok: false; readonly message: string };

/** Decides on a WebSocket upgrade before any MQTT is spoken. */
export type UpgradeVerifier = (
  request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
) => UpgradeVerdict;

/**
 * The presigned query of IoT Core's WebSocket endpoint: service `iotdevicegateway`, `host` signed with or without its
 * port, and the session token appended *after* signing. A URL whose signature covers the token, which is what a generic
 * presigner makes, is refused, as by AWS.
 */
export function presignedUrlVerifier(options: {
  readonly credentials: CredentialStore;
  readonly region: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}): UpgradeVerifier {
  const { credentials, region, now } = options;
  return (request) => {
    const [path = '/', query = ''] = splitOnce(request.url ?? '/', '?');
    const result = verifySigV4(
      {
        method: request.method ?? 'GET',
        path,
        query,
        // A browser cannot set headers on a WebSocket: only the query counts here, and `host` is all that it signs.
        headers: { host: request.headers.host ?? '' },
        bodyHash: EMPTY_SHA256,
      },
      {
        service: 'iotdevicegateway',
        region,
        pathEscaping: 'twice',
        sessionToken: 'appended',
        hostPort: 'optional',
        nowMs: now(),
      },
      (accessKeyId) => credentials.find(accessKeyId),
    );
    return result.ok ? { ok: true, credential: result.credential } : { ok: false, message: result.message };
  };
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
