import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { EMPTY_SHA256, type SignedRequest } from './sigv4.ts';
import { parseQuery, signingKey, uriEncode } from './sigv4-canonical.ts';
import { check, credential, signed } from './testing/signed-request.ts';

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
