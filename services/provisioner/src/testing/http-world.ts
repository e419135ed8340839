import { createHmac, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { CognitoIdentityClient } from '@aws-sdk/client-cognito-identity';
import { IoTClient } from '@aws-sdk/client-iot';
import { SFNClient } from '@aws-sdk/client-sfn';
import { createHealthChecks, createMetrics, silentLogger, systemClock, systemTimers } from '@stepcast/kit';
import { composeProvisionerServer } from '../compose.ts';
import { readProvisionerConfig } from '../config.ts';

/** A provisioner behind HTTP, with AWS faked on loopback, and tokens as a user pool signs them. */
export const region = 'us-east-1';
export const userPoolId = 'us-east-1_Ab3dEf9Gh';
export const userPoolClientId = '7h2k9q0m4v8t1c6r3p5s0w2x9z';
export const issuer = `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`;
export const identityId = 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
/** Keys of somebody else. */
export const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });

export const b64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
export const nowSeconds = () => Math.floor(Date.now() / 1000);
export const goodHeader = { kid: 'key-1', alg: 'RS256' };
export const goodClaims = () => ({
  sub: '34b8d4a8-30a1-70c2-9f51-6f2f0c4a7b9e',
  aud: userPoolClientId,
  iss: issuer,
  token_use: 'id',
  auth_time: nowSeconds(),
  iat: nowSeconds(),
  exp: nowSeconds() + 3600,
  'cognito:username': 'alice',
});

/** @param digest as node:crypto names it; default that of RS256 */
export function signed(
  header: object,
  claims: object,
  key: KeyObject = privateKey,
  digest = 'RSA-SHA256',
): string {
  const input = `${b64(header)}.${b64(claims)}`;
  return `${input}.${createSign(digest).update(input).sign(key, 'base64url')}`;
}

/** Signed by HMAC with the public key as secret, which everybody knows. */
export function hmacSigned(header: object, claims: object): string {
  const input = `${b64(header)}.${b64(claims)}`;
  const secret = publicKey.export({ type: 'spki', format: 'pem' });
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

/** Answers as Cognito, IoT and the JWKS endpoint do, as far as these tests go. */
function startAws(): {
  server: Server;
  attached: string[];
  state: { keys: 'up' | 'down' | 'empty'; policyExists: boolean; poolExists: boolean };
  calls: string[];
} {
  const attached: string[] = [];
  const state: ReturnType<typeof startAws>['state'] = { keys: 'up', policyExists: true, poolExists: true };
  const calls: string[] = [];
  const server = createServer((request, response) => {
    request.resume();
    const target = request.headers['x-amz-target'];
    calls.push(target === undefined ? (request.url ?? '') : String(target));
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (request.url === '/jwks.json') {
      if (state.keys === 'up')
        answer(200, {
          keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'RS256', use: 'sig' }],
        });
      else if (state.keys === 'empty') answer(200, { keys: [] });
      else answer(503, {});
    } else if (target === 'AWSCognitoIdentityService.GetId') answer(200, { IdentityId: identityId });
    else if (target === 'AWSCognitoIdentityService.DescribeIdentityPool') {
      if (state.poolExists) answer(200, { IdentityPoolName: 'pool', AllowUnauthenticatedIdentities: false });
      else answer(400, { __type: 'ResourceNotFoundException', message: 'no such pool' });
    } else if (request.url === '/policies/stepcast-identity') {
      if (!state.policyExists) response.setHeader('x-amzn-errortype', 'ResourceNotFoundException');
      answer(state.policyExists ? 200 : 404, {});
    } else if (request.url?.startsWith('/attached-policies/') === true)
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
  return { server, attached, state, calls };
}

async function listenOnLoopback(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** The composed provisioner behind its HTTP server. */
export async function startHttpWorld() {
  const aws = startAws();
  const endpoint = await listenOnLoopback(aws.server);
  const metrics = createMetrics('test_');
  const clientOptions = {
    endpoint,
    region,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    maxAttempts: 1,
  };
  const health = createHealthChecks({ cacheMs: 0 });
  const { server } = await composeProvisionerServer({
    health,
    config: readProvisionerConfig({
      AWS_REGION: region,
      STEPCAST_ACCOUNT_ID: '111122223333',
      STEPCAST_IDENTITY_POOL_ID: 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
      STEPCAST_USER_POOL_ID: userPoolId,
      STEPCAST_USER_POOL_CLIENT_ID: userPoolClientId,
      STEPCAST_JWKS_URL: `${endpoint}/jwks.json`,
      STEPCAST_ALLOWED_ORIGINS: 'https://app.example',
    }),
    clients: {
      iot: new IoTClient(clientOptions),
      cognitoIdentity: new CognitoIdentityClient(clientOptions),
      sfn: new SFNClient(clientOptions),
    },
    clock: systemClock,
    timers: systemTimers,
    logger: silentLogger,
    metrics,
  });
  const url = `${await server.listen({ host: '127.0.0.1', port: 0 })}/v1/provision`;
  return {
    aws,
    metrics,
    url,
    /** Status and checks of `/livez` or `/readyz`. */
    async health(path: string): Promise<{ status: number; body: unknown }> {
      const response = await fetch(new URL(path, url));
      const body: unknown = await response.json();
      return { status: response.status, body };
    },
    async post(token: string | undefined, body?: string): Promise<Answer> {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          origin: 'https://app.example',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body }),
      });
      return { status: response.status, text: await response.text(), headers: response.headers };
    },
    async close() {
      await server.close();
      health.close();
      aws.server.closeAllConnections();
      await new Promise((resolve) => aws.server.close(resolve));
    },
  };
}
export type HttpWorld = Awaited<ReturnType<typeof startHttpWorld>>;
