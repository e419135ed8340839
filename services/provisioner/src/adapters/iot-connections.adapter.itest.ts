import { IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createServer, type Server } from 'node:http';
import { DirectoryUnavailableError } from '../errors.ts';
import { createIotConnections } from './iot-connections.adapter.ts';

const clientId = 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f-tab1';

let server: Server;
let client: IoTDataPlaneClient;
let requests: string[];
let answer: { readonly status: number; readonly error?: string };

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    request.resume();
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    response.writeHead(answer.status, {
      'content-type': 'application/json',
      ...(answer.error === undefined ? {} : { 'x-amzn-errortype': answer.error }),
    });
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  client = new IoTDataPlaneClient({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${address.port}`,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    maxAttempts: 1,
  });
});
afterEach(async () => {
  client.destroy();
  await new Promise((resolve) => server.close(resolve));
});

describe('cutting a connection', () => {
  it('asks for the client by its encoded ID, and forgets its session', async () => {
    answer = { status: 200 };
    await expect(createIotConnections(client).cut(clientId)).resolves.toBe(true);
    const [request = ''] = requests;
    expect(request).toContain(`DELETE /connections/${encodeURIComponent(clientId)}?`);
    expect(request).toContain('cleanSession=true');
  });

  it('says so when there is no such connection', async () => {
    answer = { status: 404, error: 'ResourceNotFoundException' };
    await expect(createIotConnections(client).cut(clientId)).resolves.toBe(false);
  });

  it('fails, to be tried again, when IoT is out of reach', async () => {
    answer = { status: 503, error: 'ServiceUnavailableException' };
    await expect(createIotConnections(client).cut(clientId)).rejects.toBeInstanceOf(
      DirectoryUnavailableError,
    );
  });
});
