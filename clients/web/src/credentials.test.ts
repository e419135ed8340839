import { Amplify, fetchAuthSession } from '@aws-amplify/core';
import { fromCognitoIdentityPool } from '@aws-sdk/credential-provider-cognito-identity';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createServer, type Server } from 'node:http';
import { cognitoCredentials } from './adapters/cognito-credentials.adapter.ts';
import type { AwsIdentity } from './credentials.port.ts';
import { Credentials } from './credentials.ts';
import { credentialsOf, identityId } from './test-support.ts';
import { ManualRuntime } from './testing/index.ts';

const hourMs = 3_600_000;

/** A provider whose answers the test releases. */
function gated(runtime: ManualRuntime, lifetimeMs = hourMs) {
  const calls: { request: object | undefined; release: () => void }[] = [];
  const provider = (request?: object) =>
    new Promise<AwsIdentity>((resolve) => {
      calls.push({ request, release: () => resolve(credentialsOf(runtime.now() + lifetimeMs)) });
    });
  return { calls, provider };
}

describe('Credentials', () => {
  it('asks once however many wait', async () => {
    const runtime = new ManualRuntime();
    const { calls, provider } = gated(runtime);
    const credentials = new Credentials(provider, runtime);
    const waiting = [credentials.current(), credentials.refresh(), credentials.current()];
    expect(calls).toHaveLength(1);
    calls[0]?.release();
    const all = await Promise.all(waiting);
    expect(new Set(all).size).toBe(1);
    await credentials.current();
    expect(calls).toHaveLength(1);
  });

  it('lets a forced refresh not be content with one under way that is not forced', async () => {
    const runtime = new ManualRuntime();
    const { calls, provider } = gated(runtime);
    const credentials = new Credentials(provider, runtime);
    const plain = credentials.refresh();
    const forced = [credentials.refresh(true), credentials.refresh(true), credentials.refresh()];
    expect(calls.map(({ request }) => request)).toEqual([{ forceRefresh: false }, { forceRefresh: true }]);
    for (const { release } of calls) release();
    await Promise.all([plain, ...forced]);
  });

  it('refreshes five minutes before the end, counted on the clock of AWS', async () => {
    const runtime = new ManualRuntime();
    let asked = 0;
    const skewed = (offsetMs: number) => () => {
      asked += 1;
      const awsNowMs = runtime.now() + offsetMs;
      return Promise.resolve({ ...credentialsOf(awsNowMs + hourMs), clockOffsetMs: offsetMs });
    };
    for (const offsetMs of [0, -2 * hourMs, 2 * hourMs]) {
      asked = 0;
      const credentials = new Credentials(skewed(offsetMs), runtime);
      await credentials.current();
      await runtime.advance(54 * 60_000);
      await credentials.current();
      expect(asked).toBe(1);
      await runtime.advance(2 * 60_000);
      await credentials.current();
      expect(asked).toBe(2);
    }
  });

  it('forces a refresh when a source answers from its cache with credentials about to end', async () => {
    const runtime = new ManualRuntime();
    const requests: unknown[] = [];
    const credentials = new Credentials((request) => {
      requests.push(request);
      return Promise.resolve(credentialsOf(runtime.now() + (requests.length === 1 ? 60_000 : hourMs)));
    }, runtime);
    const fresh = await credentials.refresh();
    expect(fresh.expiresAtMs).toBe(runtime.now() + hourMs);
    expect(requests).toEqual([{ forceRefresh: false }, { forceRefresh: true }]);
  });

  it('gives up on a provider that never answers', async () => {
    const runtime = new ManualRuntime();
    const waiting = new Credentials(() => new Promise(() => undefined), runtime).current();
    const outcome = waiting.catch((error: unknown) => error);
    await runtime.advance(30_000);
    await expect(outcome).resolves.toMatchObject({ reason: 'credentialsUnavailable', retryable: true });
  });

  it.each([
    ['nobody signed in', () => Promise.resolve({ identityId }), 'nobody is signed in'],
    [
      'no identity ID',
      () => Promise.resolve({ ...credentialsOf(Date.UTC(2027)), identityId: undefined }),
      'without an identity ID',
    ],
    [
      'the sub of a user pool',
      () =>
        Promise.resolve({
          ...credentialsOf(Date.UTC(2027)),
          identityId: '34b8d4a8-30a1-70c2-9f51-6f2f0c4a7b9e',
        }),
      'looks like the "sub" of a user pool',
    ],
  ])('says what is wrong with %s', async (_, provider, message) => {
    await expect(new Credentials(provider, new ManualRuntime()).current()).rejects.toMatchObject({
      reason: 'credentialsDenied',
      message: expect.stringContaining(message),
    });
  });

  it('takes a provider without identity together with the identity beside it', async () => {
    const plain = { ...credentialsOf(Date.UTC(2027)), identityId: undefined };
    const credentials = () => Promise.resolve(plain);
    for (const beside of [identityId, () => Promise.resolve(identityId)])
      await expect(
        new Credentials({ credentials, identityId: beside }, new ManualRuntime()).current(),
      ).resolves.toMatchObject({ identityId, accessKeyId: plain.accessKeyId });
  });
});

describe('credential sources', () => {
  let server: Server | undefined;
  afterEach(async () => {
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
    server = undefined;
  });

  /** A Cognito identity pool on loopback. */
  async function cognito(answer?: (target: string) => [number, object] | undefined) {
    const calls: { target: string; body: string }[] = [];
    const started = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const target = String(request.headers['x-amz-target']).replace('AWSCognitoIdentityService.', '');
        calls.push({ target, body });
        const ok = {
          IdentityId: identityId,
          Credentials: {
            AccessKeyId: 'ASIAIOSFODNN7EXAMPLE',
            SecretKey: 'secret',
            SessionToken: 'token',
            Expiration: Math.floor(Date.now() / 1000) + 3600,
          },
        };
        const [status, reply] = answer?.(target) ?? [200, ok];
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(JSON.stringify(reply));
      });
    });
    server = started;
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    const address = started.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return { calls, endpoint: `http://127.0.0.1:${port}` };
  }

  const identityPoolId = 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11';
  const logins = { 'cognito-idp.us-east-1.amazonaws.com/us-east-1_Ab3dEf9Gh': 'id-token' };
  const expected = {
    identityId,
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'secret',
    sessionToken: 'token',
  };

  it('include cognitoCredentials, which asks Cognito itself and caches', async () => {
    const { calls, endpoint } = await cognito();
    const provider = cognitoCredentials({
      region: 'us-east-1',
      identityPoolId,
      logins: () => Promise.resolve(logins),
      endpoint,
    });
    const credentials = new Credentials(provider, new ManualRuntime(Date.now()));
    await expect(credentials.refresh()).resolves.toMatchObject(expected);
    await credentials.refresh();
    expect(calls.map(({ target }) => target)).toEqual(['GetId', 'GetCredentialsForIdentity']);
    expect(calls[0]?.body).toContain('id-token');
    await credentials.refresh(true);
    expect(calls.map(({ target }) => target).slice(2)).toEqual(['GetCredentialsForIdentity']);
  });

  it('tell a refused login, which is final, from a throttled one, which is not', async () => {
    for (const [status, type, reason] of [
      [400, 'NotAuthorizedException', 'credentialsDenied'],
      [400, 'TooManyRequestsException', 'credentialsUnavailable'],
      [500, 'InternalErrorException', 'credentialsUnavailable'],
    ] as const) {
      const { endpoint } = await cognito(() => [status, { __type: type, message: 'no' }]);
      const provider = cognitoCredentials({ region: 'us-east-1', identityPoolId, endpoint });
      await expect(new Credentials(provider, new ManualRuntime()).current()).rejects.toMatchObject({
        reason,
      });
      await new Promise((resolve) => server?.close(resolve));
      server = undefined;
    }
  });

  it('include fromCognitoIdentityPool of the AWS SDK, unchanged', async () => {
    const { endpoint } = await cognito();
    const provider = fromCognitoIdentityPool({
      identityPoolId,
      logins,
      clientConfig: { region: 'us-east-1', endpoint },
    });
    await expect(new Credentials(provider, new ManualRuntime(Date.now())).current()).resolves.toMatchObject(
      expected,
    );
  });

  it('include fetchAuthSession of Amplify, unchanged', async () => {
    const getCredentialsAndIdentityId = vi.fn((_options: { readonly forceRefresh?: boolean }) =>
      Promise.resolve({ credentials: credentialsOf(Date.now() + hourMs), identityId: String(identityId) }),
    );
    Amplify.configure(
      {
        Auth: {
          Cognito: {
            userPoolId: 'us-east-1_Ab3dEf9Gh',
            userPoolClientId: '7h2k9q0m4v8t1c6r3p5s0w2x9z',
            identityPoolId,
            allowGuestAccess: true,
          },
        },
      },
      {
        Auth: {
          tokenProvider: { getTokens: () => Promise.resolve(null) },
          credentialsProvider: {
            getCredentialsAndIdentityId,
            clearCredentialsAndIdentityId: () => undefined,
          },
        },
      },
    );
    const credentials = new Credentials(fetchAuthSession, new ManualRuntime(Date.now()));
    await expect(credentials.refresh(true)).resolves.toMatchObject({ identityId });
    expect(getCredentialsAndIdentityId).toHaveBeenCalledWith(expect.objectContaining({ forceRefresh: true }));
  });
});
