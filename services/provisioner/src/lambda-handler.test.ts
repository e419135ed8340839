import { IdentityId, type GuestAccess } from '@stepcast/contracts';
import { createMetrics, silentLogger, type CounterMetric } from '@stepcast/kit';
import { beforeEach, describe, expect, it } from 'vitest';
import { createIdentityAttacher } from './application/attach-identity.ts';
import { createProvisionCaller } from './application/provision-caller.ts';
import { createProvisionLambda } from './lambda-handler.ts';
import { InMemoryPolicyAttachments, unlimitedRechecks } from './testing/index.ts';

const poolId = 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11';
const alice = IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f');
const mallory = 'us-east-1:2f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
const guest: GuestAccess = { allowed: true, works: ['progress'], cannot: [] };

/** REST API, IAM authorisation. */
const rest = (identity: object = {}, more: object = {}) => ({
  headers: { Origin: 'https://app.example' },
  body: null,
  requestContext: {
    identity: {
      cognitoIdentityId: alice,
      cognitoIdentityPoolId: poolId,
      cognitoAuthenticationType: 'authenticated',
      cognitoAuthenticationProvider: 'cognito-idp.us-east-1.amazonaws.com/us-east-1_Ab3dEf9Gh,…',
      ...identity,
    },
  },
  ...more,
});
/** HTTP API, payload 2.0, IAM authorisation. */
const http = (cognitoIdentity: object | null, more: object = {}) => ({
  version: '2.0',
  headers: { origin: 'https://app.example' },
  requestContext: { authorizer: { iam: { cognitoIdentity } } },
  ...more,
});
const signedIn = { identityId: alice, identityPoolId: poolId, amr: ['authenticated', 'cognito-idp…'] };

let attachments: InMemoryPolicyAttachments;
let outcomes: CounterMetric;
let handle: ReturnType<typeof createProvisionLambda>;

beforeEach(() => {
  attachments = new InMemoryPolicyAttachments();
  outcomes = createMetrics('test_').counter('provision_total', 'test', ['outcome']);
  const clock = { nowMs: () => Date.UTC(2026, 10, 3) };
  const attacher = createIdentityAttacher({
    attachments,
    cache: new Map(),
    rechecks: unlimitedRechecks,
    clock,
    logger: silentLogger,
    outcomes,
  });
  handle = createProvisionLambda({
    provision: createProvisionCaller({
      attacher,
      identityPoolId: poolId,
      guestAccess: () => Promise.resolve(guest),
    }),
    allowedOrigins: ['https://app.example'],
    logger: silentLogger,
    outcomes,
  });
});

describe('provisioning behind an IAM-signed API Gateway', () => {
  it.each([
    ['a REST API', rest()],
    ['an HTTP API', http(signedIn)],
  ])('attaches for the identity in the context of %s', async (_name, event) => {
    const answer = await handle(event);
    expect(answer).toMatchObject({
      statusCode: 200,
      headers: { 'access-control-allow-origin': 'https://app.example' },
    });
    expect(answer.body).toContain(`"identityId":"${alice}"`);
    expect([...attachments.attached]).toEqual([alice]);
  });

  it.each([
    ['body', { body: JSON.stringify({ identityId: mallory }) }],
    ['headers', { headers: { 'x-identity-id': mallory } }],
    ['query', { queryStringParameters: { identityId: mallory } }],
  ])('ignores an identity in the %s', async (_name, more) => {
    await expect(handle(rest({}, more))).resolves.toMatchObject({ statusCode: 200 });
    await expect(handle(http(signedIn, more))).resolves.toMatchObject({ statusCode: 200 });
    expect([...attachments.attached]).toEqual([alice]);
    await expect(outcomes.total({ outcome: 'identity_in_body_ignored' })).resolves.toBe(
      'body' in more ? 2 : 0,
    );
  });

  it.each<[string, unknown]>([
    ['an unsigned REST request', rest({ cognitoIdentityId: null, cognitoIdentityPoolId: null })],
    [
      'another identity pool',
      rest({ cognitoIdentityPoolId: 'us-east-1:00000000-0000-0000-0000-000000000000' }),
    ],
    ['a type that is unknown', rest({ cognitoAuthenticationType: 'both' })],
    ['something that is no identity ID', rest({ cognitoIdentityId: '34b8d4a8-30a1-70c2-9f51-6f2f0c4a7b9e' })],
    ['an unsigned HTTP request', http(null)],
    ['a function URL, where AWS fills nothing', { version: '2.0', requestContext: { authorizer: null } }],
    ['another pool of an HTTP API', http({ ...signedIn, identityPoolId: 'us-east-1:other' })],
    ['amr with both', http({ ...signedIn, amr: ['authenticated', 'unauthenticated'] })],
    ['amr with neither', http({ ...signedIn, amr: [] })],
    ['a REST context in an HTTP event', { ...rest(), version: '2.0' }],
    ['an event of something else', { Records: [] }],
    ['nothing at all', undefined],
  ])('refuses %s in the same words, and attaches nothing', async (_name, event) => {
    const { statusCode, body } = await handle(event);
    expect(statusCode).toBe(403);
    expect(body).toBe(
      '{"error":{"code":"PROVISIONER_CALLER_REJECTED","message":"the request was not signed with credentials of this ' +
        'identity pool","retryable":false}}',
    );
    expect(attachments.attachCalls).toEqual([]);
  });

  it('tells a guest what works, and attaches nothing', async () => {
    for (const event of [
      rest({ cognitoAuthenticationType: 'unauthenticated' }),
      http({ ...signedIn, amr: ['unauthenticated'] }),
    ]) {
      const { statusCode, body } = await handle(event);
      expect(statusCode).toBe(200);
      expect(body).toBe(JSON.stringify({ status: 'ready', identityId: alice, guest }));
    }
    expect(attachments.attachCalls).toEqual([]);
  });

  it.each([
    ['a REST API', (body: string) => rest({}, { body })],
    ['an HTTP API', (body: string) => http(signedIn, { body })],
  ])('asks IoT again for a client of %s that the broker refused', async (_name, event) => {
    await handle(event('{}'));
    attachments.attached.clear();
    for (const body of ['{}', '{"refused":false}', '{"refused":"yes"}', 'no JSON']) await handle(event(body));
    expect(attachments.attachCalls).toEqual([alice]);
    await expect(handle(event('{"refused":true}'))).resolves.toMatchObject({ statusCode: 200 });
    expect(attachments.attachCalls).toEqual([alice, alice]);
  });

  it('lets no other origin read the answer', async () => {
    const { headers } = await handle(rest({}, { headers: { origin: 'https://evil.example' } }));
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});
