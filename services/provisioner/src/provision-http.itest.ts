import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ErrorReply, parseJson, ProvisionReply } from '@stepcast/contracts';
import { readProvisionerConfig } from './config.ts';
import {
  goodClaims,
  goodHeader,
  identityId,
  region,
  signed,
  startHttpWorld,
  type HttpWorld,
} from './testing/http-world.ts';

let w: HttpWorld;
beforeEach(async () => {
  w = await startHttpWorld();
});
afterEach(async () => {
  await w.close();
});

const goodToken = () => signed(goodHeader, goodClaims());

describe('POST /v1/provision', () => {
  it('attaches for a good token, in the header or in the body', async () => {
    const token = goodToken();
    const first = await w.post(token);
    expect(first.status).toBe(200);
    expect(parseJson(ProvisionReply, first.text)).toMatchObject({
      ok: true,
      value: { status: 'propagating', identityId },
    });
    expect(first.headers.get('access-control-allow-origin')).toBe('https://app.example');
    const second = await w.post(undefined, JSON.stringify({ idToken: token }));
    expect(second.status).toBe(200);
    expect(second.text).toContain(identityId);
    expect(w.aws.attached).toEqual([identityId]);
  });

  it('ignores an identity that the caller names, and counts it', async () => {
    const somebodyElse = 'us-east-1:00000000-0000-0000-0000-000000000000';
    for (const body of [{ identityId: somebodyElse }, { identity_id: somebodyElse, idToken: goodToken() }]) {
      const answer = await w.post(goodToken(), JSON.stringify(body));
      expect(parseJson(ProvisionReply, answer.text)).toMatchObject({ ok: true, value: { identityId } });
    }
    expect(w.aws.attached).toEqual([identityId]);
    await expect(w.metrics.text()).resolves.toContain(
      'test_provision_total{outcome="identity_in_body_ignored"} 2',
    );
  });

  it('says what has to be mended when the policy does not exist', async () => {
    w.aws.state.policyExists = false;
    const answer = await w.post(goodToken());
    expect(answer.status).toBe(500);
    expect(parseJson(ErrorReply, answer.text)).toMatchObject({
      ok: true,
      value: {
        error: {
          code: 'PROVISIONER_POLICY_NOT_ATTACHABLE',
          message: expect.stringContaining('does not exist'),
          retryable: false,
        },
      },
    });
  });

  it('lets no other origin read the answer', async () => {
    const response = await fetch(w.url, { method: 'POST', headers: { origin: 'https://evil.example' } });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('the configuration', () => {
  it('names every variable that is missing or wrong at once', () => {
    expect(() => readProvisionerConfig({ AWS_REGION: region, STEPCAST_ACCOUNT_ID: '12', PORT: 'x' })).toThrow(
      /STEPCAST_ACCOUNT_ID: not an account ID[\s\S]*STEPCAST_IDENTITY_POOL_ID is not set[\s\S]*STEPCAST_USER_POOL_ID is not set/,
    );
  });
});
