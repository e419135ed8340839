import { CognitoIdentityClient } from '@aws-sdk/client-cognito-identity';
import { IoTClient } from '@aws-sdk/client-iot';
import {
  createHttpServer,
  createMetrics,
  silentLogger,
  systemClock,
  systemTimers,
  type Metrics,
} from '@stepcast/kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHmac, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { composeProvisioner } from './compose.ts';
import { readProvisionerConfig } from './config.ts';

const region = 'us-east-1';
const userPoolId = 'us-east-1_Ab3dEf9Gh';
const userPoolClientId = '7h2k9q0m4v8t1c6r3p5s0w2x9z';
const issuer = `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`;
const identityId = 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });

const b64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const nowSeconds = () => Math.floor(Date.now() / 1000);
const goodHeader = { kid: 'key-1', alg: 'RS256' };
const goodClaims = () => ({
  sub: '34b8d4a8-30a1-70c2-9f51-6f2f0c4a7b9e',
  aud: userPoolClientId,
  iss: issuer,
  token_use: 'id',
  auth_time: nowSeconds(),
  iat: nowSeconds(),
  exp: nowSeconds() + 3600,
  'cognito:username': 'alice',
});

function signed(header: object, claims: object, key: KeyObject = privateKey): string {
  const input = `${b64(header)}.${b64(claims)}`;
  return `${input}.${createSign('RSA-SHA256').update(input).sign(key, 'base64url')}`;
}

function hmacSigned(header: object, claims: object): string {
  const input = `${b64(header)}.${b64(claims)}`;
  const secret = publicKey.export({ type: 'spki', format: 'pem' });
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

/** Answers as Cognito, IoT and the JWKS endpoint do, as far as these tests go. */
function startAws(): {
  server: Server;
  attached: string[];
  state: { keysUp: boolean; policyExists: boolean };
} {
  const attached: string[] = [];
  const state = { keysUp: true, policyExists: true };
  const server = createServer((request, response) => {
    request.resume();
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (request.url === '/jwks.json') {
      if (state.keysUp)
        answer(200, {
          keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'RS256', use: 'sig' }],
        });
      else answer(503, {});
    } else if (request.headers['x-amz-target'] === 'AWSCognitoIdentityService.GetId')
      answer(200, { IdentityId: identityId });
    else if (request.url?.startsWith('/attached-policies/') === true)
      answer(200, {
        policies: attached.length > 0 ? [{ policyName: 'stepcast-identity', policyArn: 'arn:x' }] : [],
      });
    else if (request.url === '/target-policies/stepcast-identity') {
      if (!state.policyExists) {
        response.setHeader('x-amzn-errortype', 'ResourceNotFoundException');
        answer(404, { message: 'Policy not found' });
        return;
      }
      attached.push(identityId);
      answer(200, {});
    } else {
      response.setHeader('x-amzn-errortype', 'NotImplemented');
      answer(501, { message: 'not here' });
    }
  });
  return { server, attached, state };
}

let aws: ReturnType<typeof startAws>;
let metrics: Metrics;
let server: ReturnType<typeof createHttpServer>;
let url: string;

beforeEach(async () => {
  aws = startAws();
  await new Promise<void>((resolve) => aws.server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(aws.server.address() as AddressInfo).port}`;
  const config = readProvisionerConfig({
    AWS_REGION: region,
    STEPCAST_ACCOUNT_ID: '111122223333',
    STEPCAST_IDENTITY_POOL_ID: 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
    STEPCAST_USER_POOL_ID: userPoolId,
    STEPCAST_USER_POOL_CLIENT_ID: userPoolClientId,
    STEPCAST_JWKS_URL: `${endpoint}/jwks.json`,
    STEPCAST_ALLOWED_ORIGINS: 'https://app.example',
  });
  metrics = createMetrics('test_');
  server = createHttpServer({ health: () => ({ healthy: true, problems: {} }), metrics });
  const clientOptions = {
    endpoint,
    region,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    maxAttempts: 1,
  };
  await composeProvisioner({
    config,
    clients: { iot: new IoTClient(clientOptions), cognitoIdentity: new CognitoIdentityClient(clientOptions) },
    clock: systemClock,
    timers: systemTimers,
    logger: silentLogger,
    metrics,
    server,
  });
  url = `${await server.listen({ host: '127.0.0.1', port: 0 })}/v1/provision`;
});

afterEach(async () => {
  await server.close();
  await new Promise((resolve) => aws.server.close(resolve));
});

async function post(
  token: string | undefined,
  body?: string,
): Promise<{ status: number; body: unknown; headers: Headers }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      origin: 'https://app.example',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  let parsed: unknown = text;
  try {
    parsed = JSON.parse(text);
  } catch {
    // not every refusal of the server is JSON
  }
  return { status: response.status, body: parsed, headers: response.headers };
}

const refusal = {
  error: { code: 'PROVISIONER_TOKEN_REJECTED', message: 'the ID token was not accepted', retryable: false },
};

describe('POST /v1/provision', () => {
  it('attaches for a good token, in the header or in the body', async () => {
    const token = signed(goodHeader, goodClaims());
    const first = await post(token);
    expect(first).toMatchObject({ status: 200, body: { status: 'propagating', identityId } });
    expect(first.headers.get('access-control-allow-origin')).toBe('https://app.example');
    await expect(post(undefined, JSON.stringify({ idToken: token }))).resolves.toMatchObject({
      status: 200,
      body: { identityId },
    });
    expect(aws.attached).toEqual([identityId]);
  });

  it.each<[string, () => string]>([
    ['has no signature (alg none)', () => `${b64({ ...goodHeader, alg: 'none' })}.${b64(goodClaims())}.`],
    [
      'is signed by HMAC with the public key',
      () => hmacSigned({ ...goodHeader, alg: 'HS256' }, goodClaims()),
    ],
    ['is signed by another key', () => signed(goodHeader, goodClaims(), stranger.privateKey)],
    ['names a key that is not there', () => signed({ ...goodHeader, kid: 'key-2' }, goodClaims())],
    [
      'points to keys of its own (jku)',
      () =>
        signed(
          { ...goodHeader, kid: 'x', jku: 'http://127.0.0.1:1/jwks.json' },
          goodClaims(),
          stranger.privateKey,
        ),
    ],
    [
      'brings a key of its own (x5u, jwk)',
      () =>
        signed(
          { ...goodHeader, x5u: 'http://127.0.0.1:1/', jwk: stranger.publicKey.export({ format: 'jwk' }) },
          goodClaims(),
          stranger.privateKey,
        ),
    ],
    ['has another issuer', () => signed(goodHeader, { ...goodClaims(), iss: `${issuer}x` })],
    ['has another audience', () => signed(goodHeader, { ...goodClaims(), aud: 'other' })],
    [
      'is an access token',
      () => signed(goodHeader, { ...goodClaims(), token_use: 'access', client_id: userPoolClientId }),
    ],
    ['has expired', () => signed(goodHeader, { ...goodClaims(), exp: nowSeconds() - 10 })],
    ['is not valid yet', () => signed(goodHeader, { ...goodClaims(), nbf: nowSeconds() + 600 })],
    [
      'was changed after signing',
      () =>
        signed(goodHeader, goodClaims()).replace(/\.[^.]+\./, `.${b64({ ...goodClaims(), sub: 'other' })}.`),
    ],
    ['is garbage', () => 'a.b.c'],
    ['is longer than any token', () => 'x'.repeat(15 * 1024)],
  ])('refuses a token that %s, always in the same words', async (_name, token) => {
    await expect(post(token())).resolves.toMatchObject({ status: 401, body: refusal });
    expect(aws.attached).toEqual([]);
  });

  it('refuses a request without a token', async () => {
    await expect(post(undefined)).resolves.toMatchObject({ status: 401, body: refusal });
  });

  it('refuses a body of a mebibyte without reading it', async () => {
    const answer = await post(undefined, JSON.stringify({ idToken: 'x'.repeat(1024 * 1024) }));
    expect(answer.status).toBe(413);
    expect(aws.attached).toEqual([]);
  });

  it('fails closed, and says that trying again can help, while the keys are out of reach', async () => {
    aws.state.keysUp = false;
    const answer = await post(signed(goodHeader, goodClaims()));
    expect(answer).toMatchObject({
      status: 503,
      body: { error: { code: 'PROVISIONER_KEYS_UNAVAILABLE', retryable: true } },
    });
    expect(answer.headers.get('retry-after')).toBe('2');
  });

  it('ignores an identity that the caller names, and counts it', async () => {
    const answer = await post(
      signed(goodHeader, goodClaims()),
      JSON.stringify({ identityId: 'us-east-1:00000000-0000-0000-0000-000000000000' }),
    );
    expect(answer).toMatchObject({ status: 200, body: { identityId } });
    expect(aws.attached).toEqual([identityId]);
    await expect(metrics.text()).resolves.toContain(
      'test_provision_total{outcome="identity_in_body_ignored"} 1',
    );
  });

  it('says what has to be mended when the policy does not exist', async () => {
    aws.state.policyExists = false;
    await expect(post(signed(goodHeader, goodClaims()))).resolves.toMatchObject({
      status: 500,
      body: {
        error: {
          code: 'PROVISIONER_POLICY_NOT_ATTACHABLE',
          message: expect.stringContaining('does not exist'),
          retryable: false,
        },
      },
    });
  });

  it('lets no other origin read the answer', async () => {
    const response = await fetch(url, { method: 'POST', headers: { origin: 'https://evil.example' } });
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
