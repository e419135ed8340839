import { createServer } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';

/** A DynamoDB in this process. */
export interface LocalDynamo {
  readonly client: DynamoDBClient;
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * dynalite throws on a request that its client breaks off, which would end the process; so it listens behind a server
 * of ours that takes that error off the request.
 */
export async function startDynalite(): Promise<LocalDynamo> {
  const inner = dynalite({ createTableMs: 0 });
  const server = createServer((request, response) => {
    const emit = request.emit.bind(request);
    request.emit = (event: string | symbol, ...values: unknown[]) =>
      event === 'error' ? true : emit(event, ...values);
    inner.emit('request', request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' },
  });
  return {
    client,
    port,
    stop: () =>
      new Promise<void>((resolve, reject) => {
        client.destroy();
        server.closeAllConnections();
        server.close((error) => {
          if (error === undefined) resolve();
          else reject(error);
        });
      }),
  };
}
