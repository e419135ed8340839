import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LIVE_PATH, READY_PATH } from '@stepcast/wire';
import { goodClaims, goodHeader, signed, startHttpWorld, type HttpWorld } from './testing/http-world.ts';

let w: HttpWorld;
beforeEach(async () => {
  w = await startHttpWorld();
});
afterEach(async () => {
  await w.close();
});

const OK = { ok: true };
const token = (claims: object = {}, header: object = {}) =>
  signed({ ...goodHeader, ...header }, { ...goodClaims(), ...claims });

describe('readiness of the provisioner', () => {
  it('depends on IoT, Cognito and the keys, which it asks once however often it is asked itself', async () => {
    for (let n = 0; n < 5; n += 1)
      expect(await w.health(READY_PATH)).toEqual({
        status: 200,
        body: { ok: true, checks: { iot: OK, cognito: OK, jwks: OK } },
      });
    expect(w.aws.calls.toSorted((a, b) => a.localeCompare(b))).toEqual([
      '/jwks.json',
      '/policies/stepcast-identity',
      'AWSCognitoIdentityService.DescribeIdentityPool',
    ]);
  });

  it.each([
    ['iot', (state: HttpWorld['aws']['state']) => (state.policyExists = false), /GetPolicy|ResourceNotFound/],
    ['cognito', (state: HttpWorld['aws']['state']) => (state.poolExists = false), /ResourceNotFound/],
    ['jwks', (state: HttpWorld['aws']['state']) => (state.keys = 'down'), /keys/],
  ])('fails for want of %s, and liveness does not', async (part, breakIt, reason) => {
    breakIt(w.aws.state);
    const checks = {
      iot: OK,
      cognito: OK,
      jwks: OK,
      [part]: { ok: false, reason: expect.stringMatching(reason) },
    };
    expect(await w.health(READY_PATH)).toEqual({ status: 503, body: { ok: false, checks } });
    expect(await w.health(LIVE_PATH)).toMatchObject({ status: 200 });
  });

  it('outlasts an outage of the keys while they are remembered, and no token is rejected for good by it', async () => {
    expect((await w.post(token())).status).toBe(200);
    for (const keys of ['down', 'empty'] as const) {
      w.aws.state.keys = keys;
      // Twice: what the library remembers of the first time must not turn the second into a rejection.
      for (let n = 0; n < 2; n += 1) {
        const unknown = await w.post(token({}, { kid: `new-key-${keys}` }));
        expect([unknown.status, unknown.headers.get('retry-after')]).toEqual([503, '2']);
      }
      expect((await w.post(token({ sub: keys }))).status).toBe(200);
      expect(await w.health(READY_PATH)).toMatchObject({ status: 200 });
      expect(await w.health(LIVE_PATH)).toMatchObject({ status: 200 });
    }
  });

  it('has no token rejected for good by a key set that is empty from the start', async () => {
    w.aws.state.keys = 'empty';
    for (let n = 0; n < 2; n += 1) expect((await w.post(token())).status).toBe(503);
    expect(await w.health(READY_PATH)).toMatchObject({ status: 503 });
    w.aws.state.keys = 'up';
    expect((await w.post(token())).status).toBe(200);
    expect(await w.health(READY_PATH)).toMatchObject({ status: 200 });
  });
});

describe('a client that the broker refused after `ready`', () => {
  it('has the policy attached again, with the token in the header or in the body', async () => {
    await w.post(token());
    for (const ask of [
      () => w.post(token(), JSON.stringify({ refused: true })),
      () => w.post(undefined, JSON.stringify({ refused: true, idToken: token() })),
    ]) {
      w.aws.attached.length = 0;
      await w.post(token());
      await w.post(token(), JSON.stringify({ refused: false }));
      expect(w.aws.attached).toHaveLength(0);
      expect((await ask()).status).toBe(200);
      expect(w.aws.attached).toHaveLength(1);
    }
  });
});
