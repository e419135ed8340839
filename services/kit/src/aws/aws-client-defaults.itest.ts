import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ListTablesCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { awsClientDefaults } from './aws-client-defaults.ts';
import { startJsonServer, type JsonServer } from './testing/json-server.ts';

describe('clients of the SDK with our time limits', () => {
  let server: JsonServer;
  beforeEach(async () => {
    server = await startJsonServer(() => new Promise(() => undefined));
  });
  afterEach(() => server.close());

  const configuration = () => ({
    ...awsClientDefaults({ requestTimeoutMs: 100 }),
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'id', secretAccessKey: 'key' },
  });

  it.each([
    ['SQS', () => new SQSClient(configuration()).send(new ListQueuesCommand({}))],
    ['DynamoDB', () => new DynamoDBClient(configuration()).send(new ListTablesCommand({}))],
  ])(
    'give up on a connection of %s that stays silent, where they once waited for ever',
    async (_name, call) => {
      await expect(call()).rejects.toMatchObject({ name: 'TimeoutError' });
      expect(server.seen).toHaveLength(3);
    },
  );

  it('wait for ten seconds an attempt, unless an option says otherwise', () => {
    expect(awsClientDefaults()).toMatchObject({
      maxAttempts: 3,
      requestHandler: {
        connectionTimeout: 2_000,
        requestTimeout: 10_000,
        throwOnRequestTimeout: true,
        socketTimeout: 10_000,
      },
    });
  });
});
