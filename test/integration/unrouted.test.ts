import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Sandbox } from '@stepcast/sandbox';
import { startTestSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(() => sandbox.stop());

async function ask(path: string, method = 'GET') {
  const response = await fetch(`${sandbox.url}${path}`, { method });
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
}

it('a key that is no UTF-8 is answered as S3 does it: it was answered by the HTTP framework', async () => {
  const { status, type, body } = await ask(`/aws/s3/${sandbox.info.bucket}/%ff`);
  expect([status, type]).toEqual([400, 'application/xml']);
  expect(body).toContain(
    "<Error><Code>InvalidURI</Code><Message>Couldn't parse the specified URI.</Message>",
  );
});

it.each([
  ['/aws/iot-data/topics/x?qos=1', 'POST'],
  ['/aws/lambda/2015-03-31/functions', 'GET'],
  ['/aws/anything', 'DELETE'],
])('a service that is not emulated says NotImplemented to an SDK: %s', async (path, method) => {
  const response = await fetch(`${sandbox.url}${path}`, { method });
  expect(response.status).toBe(501);
  expect(response.headers.get('x-amzn-errortype')).toBe('NotImplemented');
  await expect(response.json()).resolves.toMatchObject({ __type: 'NotImplemented' });
});

it.each([
  [{ authorization: 'AWS4-HMAC-SHA256 Credential=x/20261103/us-east-1/ec2/aws4_request' }],
  [{ 'x-amz-target': 'SomeService.SomeOperation' }],
])(
  'a call of AWS to the bare address gets an answer that says where the services are: it was answered by the HTTP framework: %j',
  async (headers) => {
    const response = await fetch(sandbox.url, { method: 'POST', headers, body: '{}' });
    expect(response.status).toBe(501);
    await expect(response.json()).resolves.toMatchObject({
      __type: 'NotImplemented',
      message: expect.stringContaining('/sandbox.json'),
    });
  },
);

it('what is no service is not found', async () => {
  await expect(ask('/nothing')).resolves.toMatchObject({ status: 404 });
});
