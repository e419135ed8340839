import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { IssuedCredential } from '../credentials.ts';
import { EMPTY_SHA256, type SignedRequest, type SigV4Options, verifySigV4 } from '../sigv4.ts';
import { uriEncode } from '../sigv4-canonical.ts';

/** When the test's signatures are made. */
export const NOW = Date.parse('2026-11-03T10:15:30Z');

export function credential(more: Partial<IssuedCredential> = {}): IssuedCredential {
  return {
    accessKeyId: 'ASIAEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    sessionToken: 'IQoJ/b3J+pZ2lu==',
    expiresAtMs: NOW + 3_600_000,
    principal: { kind: 'root', accountId: '111122223333' },
    ...more,
  };
}

function options(more: Partial<SigV4Options> = {}): SigV4Options {
  return {
    service: 's3',
    region: 'eu-central-1',
    pathEscaping: 'once',
    sessionToken: 'signed',
    hostPort: 'required',
    nowMs: NOW,
    ...more,
  };
}

export function check(
  request: SignedRequest,
  known: IssuedCredential,
  more: Partial<SigV4Options> = {},
): string {
  const result = verifySigV4(request, options(more), (id) => (id === known.accessKeyId ? known : undefined));
  return result.ok ? 'ok' : result.refusal;
}

export interface Plain {
  readonly method: string;
  /** Decoded segments. */
  readonly segments: readonly string[];
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyHash: string;
}

/** Signs with the signer of the AWS SDK, which shares no code with the verifier. */
export async function signed(
  plain: Plain,
  known: IssuedCredential,
  how: { form: 'header' | 'presigned'; once: boolean; service?: string; expiresIn?: number; host?: string },
): Promise<SignedRequest> {
  const signer = new SignatureV4({
    credentials: {
      accessKeyId: known.accessKeyId,
      secretAccessKey: known.secretAccessKey,
      ...(known.sessionToken === undefined ? {} : { sessionToken: known.sessionToken }),
    },
    region: 'eu-central-1',
    service: how.service ?? 's3',
    sha256: Sha256,
    uriEscapePath: !how.once,
    applyChecksum: true,
  });
  const unsigned = new HttpRequest({
    method: plain.method,
    protocol: 'http:',
    hostname: '127.0.0.1',
    path: `/${plain.segments.map(uriEncode).join('/')}`,
    query: { ...plain.query },
    headers: { ...plain.headers, host: how.host ?? '127.0.0.1:4200', 'x-amz-content-sha256': plain.bodyHash },
  });
  const signingDate = new Date(NOW);
  const request =
    how.form === 'header'
      ? await signer.sign(unsigned, { signingDate })
      : await signer.presign(unsigned, {
          signingDate,
          expiresIn: how.expiresIn ?? 60,
          unhoistableHeaders: new Set(Object.keys(unsigned.headers)),
        });
  const query = Object.entries(request.query ?? {})
    .map(([name, value]) => `${uriEncode(name)}=${uriEncode(String(value))}`)
    .join('&');
  return {
    method: request.method,
    path: request.path,
    query,
    headers: request.headers,
    bodyHash: plain.bodyHash,
  };
}

export const plain: Plain = {
  method: 'PUT',
  segments: ['aws', 's3', 'bucket', 'a key'],
  query: { 'x-id': 'PutObject' },
  headers: { 'content-type': 'image/png' },
  bodyHash: EMPTY_SHA256,
};
