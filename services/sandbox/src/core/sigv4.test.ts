import { Sha256 } from '@aws-crypto/sha256-js';
import { describe, expect, it } from '@jest/globals';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import type { IssuedCredential } from './credentials.ts';
import { EMPTY_SHA256, type SignedRequest, type SigV4Options, verifySigV4 } from './sigv4.ts';
import { parseQuery, signingKey, uriEncode } from './sigv4-canonical.ts';

const NOW = Date.parse('2026-11-03T10:15:30Z');

function credential(more: Partial<IssuedCredential> = {}): IssuedCredential {
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

function check(request: SignedRequest, known: IssuedCredential, more: Partial<SigV4Options> = {}): string {
  const result = verifySigV4(request, options(more), (id) => (id === known.accessKeyId ? known : undefined));
  return result.ok ? 'ok' : result.refusal;
}

interface Plain {
  readonly method: string;
  /** Decoded segments. */
  readonly segments: readonly string[];
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyHash: string;
}

/** Signs with the signer of the AWS SDK, which shares no code with the verifier. */
async function signed(
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

const plain: Plain = {
  method: 'PUT',
  segments: ['aws', 's3', 'bucket', 'a key'],
  query: { 'x-id': 'PutObject' },
  headers: { 'content-type': 'image/png' },
  bodyHash: EMPTY_SHA256,
};

describe('known vectors of AWS', () => {
  const example = credential({
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    sessionToken: undefined,
    expiresAtMs: undefined,
  });
  const at = { nowMs: Date.parse('2013-05-24T00:00:00Z'), region: 'us-east-1' };
  const scope = 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request';

  it('a signed S3 GET with a range is taken', () => {
    const request: SignedRequest = {
      method: 'GET',
      path: '/test.txt',
      query: '',
      headers: {
        host: 'examplebucket.s3.amazonaws.com',
        range: 'bytes=0-9',
        'x-amz-content-sha256': EMPTY_SHA256,
        'x-amz-date': '20130524T000000Z',
        authorization:
          `AWS4-HMAC-SHA256 Credential=${scope},SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,` +
          'Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
      },
      bodyHash: EMPTY_SHA256,
    };
    expect(check(request, example, at)).toBe('ok');
    expect(check({ ...request, path: '/test.tx' }, example, at)).toBe('signature');
  });

  it('a presigned S3 GET is taken for a day and not longer', () => {
    const request: SignedRequest = {
      method: 'GET',
      path: '/test.txt',
      query:
        `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${encodeURIComponent(scope)}&X-Amz-Date=20130524T000000Z` +
        '&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
        '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
      headers: { host: 'examplebucket.s3.amazonaws.com' },
      bodyHash: 'UNSIGNED-PAYLOAD',
    };
    expect(check(request, example, at)).toBe('ok');
    expect(check(request, example, { ...at, nowMs: at.nowMs + 86_400_000 })).toBe('ok');
    expect(check(request, example, { ...at, nowMs: at.nowMs + 86_401_000 })).toBe('expiredRequest');
  });

  it('the signing key is derived as in the documentation', () => {
    const key = signingKey('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', '20150830', 'us-east-1', 'iam');
    expect(key.toString('hex')).toBe('c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9');
  });
});

describe('whatever the SDK signs', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 20 });
  const header = fc.string({
    unit: fc.constantFrom(...Array.from('abc XYZ 019-;,=/+')),
    minLength: 1,
    maxLength: 20,
  });
  const segment = text.filter((one) => one !== '.' && one !== '..');
  const arbitrary = fc.record({
    method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE'),
    segments: fc.array(segment, { minLength: 1, maxLength: 4 }),
    query: fc.dictionary(
      text.filter((name) => name !== '' && name !== '__proto__' && !/^x-amz-/i.test(name)),
      text,
      { maxKeys: 3 },
    ),
    headers: fc.dictionary(fc.constantFrom('x-amz-meta-a', 'x-amz-meta-b', 'range', 'content-type'), header),
    bodyHash: fc.constantFrom(EMPTY_SHA256, 'a'.repeat(64), 'UNSIGNED-PAYLOAD'),
  });
  const how = fc.record({
    form: fc.constantFrom('header' as const, 'presigned' as const),
    once: fc.boolean(),
  });

  it('is taken as it is, and refused when anything of it was changed', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary, how, fc.nat(), async (one, form, pick) => {
        const known = credential();
        const request = await signed(one, known, form);
        const escaping = { pathEscaping: form.once ? ('once' as const) : ('twice' as const) };
        expect(check(request, known, escaping)).toBe('ok');

        const tampered: SignedRequest[] = [
          { ...request, method: request.method === 'GET' ? 'PUT' : 'GET' },
          { ...request, path: `${request.path}x` },
          { ...request, query: `${request.query}&added=1` },
          { ...request, bodyHash: 'b'.repeat(64) },
          { ...request, headers: { ...request.headers, host: '127.0.0.1:4201' } },
          { ...request, headers: { ...request.headers, 'x-amz-acl': 'public-read' } },
        ];
        for (const name of Object.keys(one.headers))
          tampered.push({
            ...request,
            headers: { ...request.headers, [name]: `${request.headers[name] ?? ''}!` },
          });
        const pairs = parseQuery(request.query);
        if (pairs.length > 0) {
          const chosen = pick % pairs.length;
          const rebuilt = (change: (value: string, index: number) => string) =>
            pairs
              .map(([name, value], index) => `${uriEncode(name)}=${uriEncode(change(value, index))}`)
              .join('&');
          tampered.push(
            { ...request, query: rebuilt((value, index) => (index === chosen ? `${value}0` : value)) },
            {
              ...request,
              query: rebuilt((value) => value)
                .split('&')
                .filter((_, index) => index !== chosen)
                .join('&'),
            },
          );
        }
        for (const other of tampered) expect(check(other, known, escaping)).not.toBe('ok');
        expect(check(request, { ...known, secretAccessKey: 'another' }, escaping)).toBe('signature');
      }),
      { numRuns: 150 },
    );
  });
});

describe('a signature that holds', () => {
  it('is refused 15 minutes before and after', async () => {
    const known = credential();
    const request = await signed(plain, known, { form: 'header', once: true });
    expect(check(request, known, { nowMs: NOW + 15 * 60_000 })).toBe('ok');
    expect(check(request, known, { nowMs: NOW - 15 * 60_000 })).toBe('ok');
    expect(check(request, known, { nowMs: NOW + 15 * 60_000 + 1 })).toBe('skewed');
    expect(check(request, known, { nowMs: NOW - 15 * 60_000 - 1 })).toBe('skewed');
  });

  it('is refused with another session token, without one, and with one too many', async () => {
    const known = credential();
    const request = await signed(plain, known, { form: 'header', once: true });
    expect(check(request, credential({ sessionToken: 'other' }))).toBe('invalidToken');
    expect(check(request, credential({ sessionToken: undefined }))).toBe('invalidToken');
    const bare = await signed(plain, credential({ sessionToken: undefined }), { form: 'header', once: true });
    expect(check(bare, known)).toBe('invalidToken');
  });

  it('is refused when its key has expired, is unknown, or was made for elsewhere', async () => {
    const known = credential();
    const request = await signed(plain, known, { form: 'header', once: true });
    expect(check(request, credential({ expiresAtMs: NOW }))).toBe('expiredCredential');
    expect(check(request, credential({ accessKeyId: 'ASIAOTHER' }))).toBe('unknownKey');
    expect(check(request, known, { service: 'sqs' })).toBe('scope');
    expect(check(request, known, { region: 'us-east-1' })).toBe('scope');
    expect(check(request, known, { region: undefined })).toBe('ok');
  });
});

describe('what is no signature', () => {
  it.each([
    ['nothing', {}, '', 'missing'],
    ['a basic login', { authorization: 'Basic YTpi' }, '', 'malformed'],
    ['an empty one', { authorization: 'AWS4-HMAC-SHA256 ' }, '', 'malformed'],
    [
      'one without date',
      { authorization: 'AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host, Signature=e' },
      '',
      'malformed',
    ],
    [
      'a short credential',
      {
        authorization: 'AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=e',
        'x-amz-date': '20261103T101530Z',
      },
      '',
      'malformed',
    ],
    ['a query without the rest', {}, 'X-Amz-Algorithm=AWS4-HMAC-SHA256', 'malformed'],
    ['another algorithm', {}, 'X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256', 'malformed'],
    [
      'an expiry of more than a week',
      {},
      'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2F20261103%2Fc%2Fs3%2Faws4_request&X-Amz-Date=20261103T101530Z' +
        '&X-Amz-Expires=604801&X-Amz-SignedHeaders=host&X-Amz-Signature=e',
      'malformed',
    ],
    [
      'both forms at once',
      { authorization: 'AWS4-HMAC-SHA256 x' },
      'X-Amz-Algorithm=AWS4-HMAC-SHA256',
      'malformed',
    ],
    ['a doubled parameter', {}, 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=1&X-Amz-Date=2', 'malformed'],
  ])('%s is refused', (_name, headers, query, refusal) => {
    const request: SignedRequest = {
      method: 'GET',
      path: '/',
      query,
      headers: { host: 'h', ...headers },
      bodyHash: EMPTY_SHA256,
    };
    expect(check(request, credential())).toBe(refusal);
  });

  it('nothing that a client can send makes the verifier throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (authorization, query) => {
        const request = { method: 'GET', path: query, headers: { host: 'h' }, bodyHash: EMPTY_SHA256 };
        expect(
          check({ ...request, query: `X-Amz-Algorithm=AWS4-HMAC-SHA256&${query}` }, credential()),
        ).not.toBe('ok');
        expect(
          check({ ...request, query: '', headers: { host: 'h', authorization } }, credential()),
        ).not.toBe('ok');
        expect(
          check(
            { ...request, query, headers: { host: 'h', authorization: `AWS4-HMAC-SHA256 ${authorization}` } },
            credential(),
          ),
        ).not.toBe('ok');
      }),
    );
  });
});

describe('the presigning of IoT', () => {
  const iot = {
    service: 'iotdevicegateway',
    pathEscaping: 'twice',
    sessionToken: 'appended',
    hostPort: 'optional',
  } as const;
  /** As the IoT SDKs do it: signed without the session token, which is appended afterwards. */
  const presign = async (host: string) => {
    const known = credential();
    const request = await signed(
      { ...plain, method: 'GET', segments: ['mqtt'], query: {}, headers: {} },
      credential({ sessionToken: undefined }),
      { form: 'presigned', once: false, service: 'iotdevicegateway', host },
    );
    const appended = `${request.query}&X-Amz-Security-Token=${uriEncode(known.sessionToken ?? '')}`;
    return {
      known,
      request: { ...request, headers: { ...request.headers, host: '127.0.0.1:4200' } },
      appended,
    };
  };

  it.each(['127.0.0.1:4200', '127.0.0.1'])(
    'takes a token appended after signing, host signed as %s',
    async (host) => {
      const { known, request, appended } = await presign(host);
      expect(check({ ...request, query: appended }, known, iot)).toBe('ok');
      expect(check({ ...request, query: request.query }, known, iot)).toBe('invalidToken');
      expect(check({ ...request, query: `${appended}0` }, known, iot)).toBe('invalidToken');
    },
  );

  it('refuses a token that was signed, as IoT does, and S3 refuses one that was not', async () => {
    const known = credential();
    const generic = await signed({ ...plain, method: 'GET', segments: ['mqtt'], query: {} }, known, {
      form: 'presigned',
      once: false,
      service: 'iotdevicegateway',
    });
    expect(check(generic, known, iot)).toBe('signature');
    const { request, appended } = await presign('127.0.0.1:4200');
    expect(check({ ...request, query: appended }, known, { ...iot, sessionToken: 'signed' })).toBe(
      'signature',
    );
  });
});
