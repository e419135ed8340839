import { createServer } from 'node:http';
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';

export interface TestTable {
  readonly client: DynamoDBClient;
  readonly endpoint: string;
  readonly tableName: string;
  close(): Promise<void>;
}

/**
 * A journal table on dynalite. It is wrapped in a server of its own because dynalite throws, outside of any promise,
 * when a client goes away in the middle of a request.
 */
export async function createTestTable(): Promise<TestTable> {
  const inner = dynalite({ createTableMs: 0, deleteTableMs: 0 });
  const server = createServer((request, response) => {
    const emit = request.emit.bind(request);
    request.emit = (event: string | symbol, ...values: unknown[]) =>
      event === 'error' ? true : emit(event, ...values);
    inner.emit('request', request, response);
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const endpoint = `http://127.0.0.1:${address.port}`;
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const tableName = 'stepcast-journal-test';
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
    }),
  );
  // As on AWS, a new table refuses items until it is active.
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { TableName: tableName });
  return {
    client,
    endpoint,
    tableName,
    async close() {
      client.destroy();
      const closed = Promise.withResolvers<void>();
      server.closeAllConnections();
      server.close(() => {
        closed.resolve();
      });
      await closed.promise;
      const innerClosed = Promise.withResolvers<void>();
      inner.close(() => {
        innerClosed.resolve();
      });
      await innerClosed.promise;
    },
  };
}
