import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { ApiRequest } from './api.ts';
import { createApiFunction } from './function.ts';

const asked: ApiRequest[] = [];
const api = (request: ApiRequest) => {
  asked.push(request);
  return Promise.resolve({ status: 200, body: { ok: true } });
};
const handler = createApiFunction({ api, group: 'operators' });

const event = (authorizer: object | undefined, more: object = {}) => ({
  version: '2.0',
  rawPath: '/ops/api/stats',
  queryStringParameters: { quick: '1' },
  headers: {},
  requestContext: {
    http: { method: 'GET', path: '/ops/api/stats' },
    ...(authorizer === undefined ? {} : { authorizer }),
  },
  ...more,
});
const jwt = (claims: object) => ({ jwt: { claims, scopes: null } });
const lastCaller = async (given: unknown) => {
  asked.length = 0;
  const { statusCode } = await handler(given);
  return [statusCode, asked[0]?.who];
};

describe('the function behind an HTTP API', () => {
  it('lets in whom IAM let in, under the name that IAM says', async () => {
    const arn = 'arn:aws:sts::111122223333:assumed-role/operator/anna';
    expect(await lastCaller(event({ iam: { userArn: arn } }))).toEqual([200, arn]);
  });

  it('lets in a token of the operators’ group, and no other', async () => {
    expect(
      await lastCaller(event(jwt({ email: 'a@example.com', 'cognito:groups': '[users operators]' }))),
    ).toEqual([200, 'a@example.com']);
    expect(await lastCaller(event(jwt({ sub: 's', 'cognito:groups': ['operators'] })))).toEqual([200, 's']);
    for (const claims of [
      { sub: 's' },
      { sub: 's', 'cognito:groups': '[users]' },
      { sub: 's', 'cognito:groups': '[operators-of-another]' },
      { sub: 's', 'cognito:groups': { operators: true } },
      { 'cognito:groups': '[operators]' },
    ])
      expect(await lastCaller(event(jwt(claims)))).toEqual([401, undefined]);
  });

  it('lets nobody in without an authorizer, nor by a token where no group is configured', async () => {
    expect(await lastCaller(event(undefined))).toEqual([401, undefined]);
    const open = createApiFunction({ api, group: undefined });
    asked.length = 0;
    expect((await open(event(jwt({ sub: 's', 'cognito:groups': '[undefined]' })))).statusCode).toBe(401);
    expect(asked).toEqual([]);
  });

  it('lets nobody in who writes headers only, and never throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), fc.string())), async (given) => {
        asked.length = 0;
        const headers = { 'x-stepcast-token': 'x', authorization: 'Bearer x', given };
        for (const one of [given, { ...event(undefined), headers }, event(jwt({ given }))])
          expect((await handler(one)).statusCode).toBeGreaterThanOrEqual(400);
        expect(asked).toEqual([]);
      }),
    );
  });

  it('takes changes as JSON only, decodes the body, and finds the path behind a stage', async () => {
    const change = (headers: object) =>
      event(
        { iam: { userArn: 'a' } },
        {
          rawPath: '/prod/ops/api/dead-letters',
          headers,
          body: Buffer.from('{"a":"ü"}').toString('base64'),
          isBase64Encoded: true,
          requestContext: { http: { method: 'POST' }, authorizer: { iam: { userArn: 'a' } } },
        },
      );
    expect(await lastCaller(change({ 'content-type': 'text/plain' }))).toEqual([415, undefined]);
    expect(await lastCaller(change({ 'Content-Type': 'application/json; charset=utf-8' }))).toEqual([
      200,
      'a',
    ]);
    expect(asked[0]).toMatchObject({ method: 'POST', path: '/dead-letters', body: '{"a":"ü"}' });
  });
});
