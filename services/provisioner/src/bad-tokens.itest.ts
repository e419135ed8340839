import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ErrorReply, parseJson } from '@stepcast/contracts';
import fc from 'fast-check';
import {
  b64,
  goodClaims,
  goodHeader,
  hmacSigned,
  issuer,
  nowSeconds,
  signed,
  startHttpWorld,
  stranger,
  userPoolClientId,
  type HttpWorld,
} from './testing/http-world.ts';

let w: HttpWorld;
beforeEach(async () => {
  w = await startHttpWorld();
});
afterEach(async () => {
  await w.close();
});

/** Serves the attacker's keys to every caller, and counts who did. */
let decoy: Server;
let decoyUrl: string;
let decoyAsked = 0;
beforeAll(async () => {
  decoy = createServer((_request, response) => {
    decoyAsked += 1;
    const key = { ...stranger.publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'RS256', use: 'sig' };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [key] }));
  });
  decoy.listen(0, '127.0.0.1');
  await once(decoy, 'listening');
  const address = decoy.address();
  decoyUrl = `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}/jwks.json`;
});
afterAll(() => {
  decoy.closeAllConnections();
  decoy.close();
});

const header = (change: object) => ({ ...goodHeader, ...change });
const claims = (change: object) => ({ ...goodClaims(), ...change });
const byStranger = (change: object) => signed(header(change), goodClaims(), stranger.privateKey);
const unsigned = (alg: string, signature = '') => `${b64(header({ alg }))}.${b64(goodClaims())}.${signature}`;
const signatureOfGood = () => signed(goodHeader, goodClaims()).split('.')[2] ?? '';
const withoutClaim = (name: string) =>
  signed(goodHeader, Object.fromEntries(Object.entries(goodClaims()).filter(([claim]) => claim !== name)));

/** What is wrong with a token, and one of which it is. */
const corpus: readonly (readonly [string, () => string])[] = [
  ['no signature (alg none)', () => unsigned('none')],
  ['alg none in capitals', () => unsigned('NONE')],
  ['alg none, and yet a signature', () => unsigned('none', signatureOfGood())],
  ['no alg at all', () => signed({ kid: 'key-1' }, goodClaims())],
  ['signed by HMAC with the public key', () => hmacSigned(header({ alg: 'HS256' }), goodClaims())],
  ['signed by HMAC, and called RS256', () => hmacSigned(goodHeader, goodClaims())],
  ['signed by RSA, and called HS256', () => signed(header({ alg: 'HS256' }), goodClaims())],
  ['RS512 with the right key', () => signed(header({ alg: 'RS512' }), goodClaims(), undefined, 'RSA-SHA512')],
  ['PS256 by name', () => signed(header({ alg: 'PS256' }), goodClaims())],
  ['signed by another key', () => byStranger({})],
  ['a kid that is not there', () => signed(header({ kid: 'key-2' }), goodClaims())],
  ['no kid', () => signed({ alg: 'RS256' }, goodClaims())],
  ['a kid that is a path', () => signed(header({ kid: '../../jwks.json' }), goodClaims())],
  ['keys of its own (jku), under an unknown kid', () => byStranger({ kid: 'x', jku: decoyUrl })],
  ['keys of its own (jku), under the known kid', () => byStranger({ jku: decoyUrl })],
  ['a certificate of its own (x5u)', () => byStranger({ x5u: decoyUrl })],
  ['a key of its own (jwk)', () => byStranger({ jwk: stranger.publicKey.export({ format: 'jwk' }) })],
  ['another issuer', () => signed(goodHeader, claims({ iss: `${issuer}x` }))],
  [
    'another user pool of the region',
    () => signed(goodHeader, claims({ iss: issuer.replace('Ab3', 'Zz9') })),
  ],
  ['no issuer', () => withoutClaim('iss')],
  ['another audience', () => signed(goodHeader, claims({ aud: 'other' }))],
  ['no audience', () => withoutClaim('aud')],
  [
    'an access token',
    () => signed(goodHeader, claims({ token_use: 'access', aud: undefined, client_id: userPoolClientId })),
  ],
  ['an access token that brings an audience', () => signed(goodHeader, claims({ token_use: 'access' }))],
  ['no token_use', () => withoutClaim('token_use')],
  ['expired', () => signed(goodHeader, claims({ exp: nowSeconds() - 10 }))],
  ['no end', () => withoutClaim('exp')],
  ['an end that is text', () => signed(goodHeader, claims({ exp: 'never' }))],
  ['not valid yet', () => signed(goodHeader, claims({ nbf: nowSeconds() + 600 }))],
  ['no subject', () => withoutClaim('sub')],
  [
    'changed after signing',
    () => signed(goodHeader, goodClaims()).replace(/\.[^.]+\./, `.${b64(claims({ sub: 'other' }))}.`),
  ],
  ['a fourth part', () => `${signed(goodHeader, goodClaims())}.x`],
  ['garbage', () => 'a.b.c'],
  ['JSON that is no object', () => `${b64([1])}.${b64([2])}.eA`],
  ['longer than any token', () => 'x'.repeat(15 * 1024)],
];

describe('bad tokens', () => {
  it.each(corpus)(
    '%s: not accepted, in the same words as no token at all, to the byte',
    async (_what, token) => {
      const asked = decoyAsked;
      const [bare, bad, inBody] = [
        await w.post(undefined),
        await w.post(token()),
        await w.post(undefined, JSON.stringify({ idToken: token() })),
      ];
      expect(bare.text).toBe(
        '{"error":{"code":"PROVISIONER_TOKEN_REJECTED","message":"the ID token was not accepted","retryable":false}}',
      );
      const visible = ({ status, text, headers }: typeof bad) => ({
        status,
        text,
        headers: [...headers].filter(([name]) => name !== 'date'),
      });
      expect(visible(bad)).toEqual({ ...visible(bare), status: 401 });
      expect(visible(inBody)).toEqual(visible(bad));
      expect(w.aws.attached).toEqual([]);
      // The token never names the place of the keys.
      expect(decoyAsked).toBe(asked);
      // Which of all it was, only the log says.
      await expect(w.metrics.text()).resolves.toContain('test_provision_total{outcome="token_rejected"} 3');
    },
  );

  it('any text is refused as a token, never mistaken for an outage of the keys', async () => {
    const part = fc.oneof(
      fc.string().map((text) => Buffer.from(text).toString('base64url')),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
      fc.base64String().map((text) => text.replaceAll('=', '')),
    );
    const token = fc.oneof(
      fc.tuple(part, part, part).map((parts) => parts.join('.')),
      fc.tuple(fc.constant(b64(goodHeader)), part, part).map((parts) => parts.join('.')),
      fc.stringMatching(/^[!-~]{1,300}$/),
    );
    await fc.assert(
      fc.asyncProperty(token, async (text) => {
        expect(await w.post(undefined, JSON.stringify({ idToken: text }))).toMatchObject({ status: 401 });
      }),
      { numRuns: 200 },
    );
    expect(w.aws.attached).toEqual([]);
  });

  it.each([
    ['in the body', (huge: string) => w.post(undefined, JSON.stringify({ idToken: huge }))],
    ['in the header', (huge: string) => w.post(huge)],
  ])('a token of a mebibyte %s is not even read, and refused in the same words', async (_where, send) => {
    const bare = await w.post(undefined);
    const answer = await send('x'.repeat(1024 * 1024));
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 401, text: bare.text });
    expect(answer.headers.get('content-type')).toBe(bare.headers.get('content-type'));
    expect(w.aws.attached).toEqual([]);
    await expect(w.metrics.text()).resolves.toContain('test_provision_total{outcome="token_rejected"} 2');
  });

  it('while the keys are out of reach nobody gets in, and every caller is asked to try again', async () => {
    w.aws.state.keys = 'down';
    const answer = await w.post(signed(goodHeader, goodClaims()));
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(parseJson(ErrorReply, answer.text)).toMatchObject({
      ok: true,
      value: { error: { code: 'PROVISIONER_KEYS_UNAVAILABLE', retryable: true } },
    });
    expect(answer.text).not.toMatch(/127\.0\.0\.1|jwks/);
    expect(w.aws.attached).toEqual([]);
  });

  it('keys that were there before go on to be good while they cannot be fetched again', async () => {
    expect((await w.post(signed(goodHeader, goodClaims()))).status).toBe(200);
    w.aws.state.keys = 'down';
    expect((await w.post(signed(goodHeader, claims({ sub: 'another' })))).status).toBe(200);
    expect((await w.post(signed(header({ kid: 'key-2' }), goodClaims()))).status).toBe(503);
  });
});
