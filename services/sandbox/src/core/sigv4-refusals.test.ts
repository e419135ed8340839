import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { EMPTY_SHA256, type SignedRequest } from './sigv4.ts';
import { check, credential, NOW, plain, signed } from './testing/signed-request.ts';

describe('a signature that holds', () => {
  it.each([
    ['s3', 15],
    ['sqs', 5],
    ['dynamodb', 5],
    ['states', 5],
    ['kinesisvideo', 5],
  ])('of %s is refused %i minutes before and after', async (service, minutes) => {
    const known = credential();
    const once = service === 's3';
    const request = await signed(plain, known, { form: 'header', once, service });
    const at = (nowMs: number) =>
      check(request, known, { nowMs, service, pathEscaping: once ? 'once' : 'twice' });
    expect([at(NOW + minutes * 60_000), at(NOW - minutes * 60_000)]).toEqual(['ok', 'ok']);
    expect(at(NOW + minutes * 60_000 + 1)).toBe('skewed');
    expect(at(NOW - minutes * 60_000 - 1)).toBe('skewed');
  });

  it('of a presigned URL of S3 lasts as long as it says, and is dated no more than 15 minutes in the future', async () => {
    const known = credential();
    const url = await signed(plain, known, { form: 'presigned', once: true, expiresIn: 3_600 });
    const at = (minutes: number, ms = 0) => check(url, known, { nowMs: NOW + minutes * 60_000 + ms });
    expect([at(0), at(-15)]).toEqual(['ok', 'ok']);
    expect([at(-15, -1), at(60, 1)]).toEqual(['expiredRequest', 'expiredRequest']);
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
