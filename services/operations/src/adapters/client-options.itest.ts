import { createServer } from 'node:http';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { patience } from './client-options.ts';

/** Takes every request, and answers none. */
const server = createServer();
let endpoint = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  endpoint = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

it('a service that never answers was waited for without an end', async () => {
  const sqs = new SQSClient({
    ...patience,
    region: 'us-east-1',
    endpoint,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    requestHandler: { ...patience.requestHandler, requestTimeout: 100 },
  });
  await expect(sqs.send(new ListQueuesCommand({}))).rejects.toMatchObject({ name: 'TimeoutError' });
  sqs.destroy();
});
