import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '@stepcast/sandbox';
import { subscriptionPayload, tokenOf } from '../support/awslogs.ts';
import { startTestSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(() => sandbox.stop());

const paths = () => [
  '/',
  '/sandbox.json',
  '/awslogs',
  '/executions',
  '/aws/s3/',
  '/v1/provision',
  '/metrics',
];

/** `fetch` does not let a host be chosen. */
function statusAs(host: string, path: string, upgrade = false): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const headers = { host, ...(upgrade ? { connection: 'upgrade', upgrade: 'websocket' } : {}) };
  const asking = request(`${sandbox.url}${path}`, { headers }, (response) => {
    response.resume();
    resolve(response.statusCode);
  });
  asking.on('error', reject).end();
  return promise;
}

describe('a web page of another origin', () => {
  const evil = 'https://evil.example';

  it('gets no preflight answered, on no path', async () => {
    for (const path of paths()) {
      const headers = { origin: evil, 'access-control-request-method': 'POST' };
      const answer = await fetch(`${sandbox.url}${path}`, { method: 'OPTIONS', headers });
      expect([path, answer.status]).toEqual([path, 403]);
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('writes nothing with a form, which needs no preflight', async () => {
    for (const type of ['text/plain', 'application/json']) {
      const answer = await fetch(`${sandbox.url}/awslogs`, {
        method: 'POST',
        headers: { origin: evil, 'content-type': type },
        body: JSON.stringify(subscriptionPayload(['{}'])),
      });
      expect(answer.status).toBe(403);
    }
  });

  it('reaches nothing under a name of its own that resolves to this machine', async () => {
    for (const path of paths()) expect([path, await statusAs('evil.example', path)]).toEqual([path, 421]);
    expect(await statusAs('evil.example', '/mqtt', true)).toBe(403);
  });

  it('can put no page of the sandbox into a frame, and open no upload as a page', async () => {
    const { headers } = await fetch(`${sandbox.url}/sandbox.json`);
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    const object = await fetch(`${sandbox.url}/aws/s3/${sandbox.info.bucket}/x.html`);
    expect(object.headers.get('content-security-policy')).toContain('sandbox');
  });
});

describe('a page of a development server on this machine', () => {
  const origin = 'http://localhost:5173';

  it('reaches S3, Cognito, the provisioner and the names, as with CORS in AWS', async () => {
    for (const path of ['/aws/s3/bucket/key', '/aws/cognito-identity', '/v1/provision']) {
      const answer = await fetch(`${sandbox.url}${path}`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
      expect([path, answer.ok]).toEqual([path, true]);
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    }
    const info = await fetch(`${sandbox.url}/sandbox.json`, { headers: { origin } });
    expect(info.headers.get('access-control-allow-origin')).toBe(origin);
    expect(await info.json()).not.toHaveProperty('token');
  });

  it('gets no preflight where AWS has none', async () => {
    for (const path of ['/aws/iot/', '/awslogs', '/metrics', '/nowhere']) {
      const headers = { origin, 'access-control-request-method': 'POST' };
      const answer = await fetch(`${sandbox.url}${path}`, { method: 'OPTIONS', headers });
      expect([path, answer.headers.get('access-control-allow-origin')]).toEqual([path, null]);
    }
  });
});

describe('the token', () => {
  it('is what scripts on this machine read, and what /awslogs and /executions want', async () => {
    expect(await tokenOf(sandbox.url)).toBe(sandbox.token);
    for (const path of ['/awslogs', '/executions'])
      for (const token of [undefined, 'wrong', sandbox.token]) {
        const answer = await fetch(`${sandbox.url}${path}`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            ...(token === undefined ? {} : { 'x-stepcast-token': token }),
          },
          body: '{}',
        });
        expect([path, token, answer.status]).toEqual([path, token, token === sandbox.token ? 400 : 403]);
      }
  });
});
