import { createServer } from 'node:http';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { patience } from './client-options.ts';

/** Takes every request. It answers none, or begins an answer and does not end it. */
const server = createServer((request, response) => {
  if (request.url === '/begins/') response.writeHead(200).write('{');
});
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

it.each(['', '/begins'])(
  'a service that does not end its answer was waited for without an end (%s)',
  async (path) => {
    const sqs = new SQSClient({
      ...patience,
      region: 'us-east-1',
      endpoint: `${endpoint}${path}`,
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
      requestHandler: { ...patience.requestHandler, requestTimeout: 100, socketTimeout: 100 },
    });
    await expect(sqs.send(new ListQueuesCommand({}))).rejects.toMatchObject({ name: 'TimeoutError' });
    sqs.destroy();
  },
);
