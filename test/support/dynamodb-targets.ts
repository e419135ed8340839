import { randomUUID } from 'node:crypto';
import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createJournalTable } from '@stepcast/correlator';
import { JOURNAL_TABLE_NAME } from '@stepcast/wire';
import { dynamoDbEndpoint } from './config.ts';
import { DYNAMODB_LOCAL_VERSION, installDynamoDbLocal, startDynamoDbLocal } from './dynamodb-local.ts';
import { installMiniStack, MINISTACK_VERSION, startMiniStack } from './ministack.ts';
import { reportNotRun, reportUsed } from './not-run.ts';
import { startTestSandbox } from './sandbox.ts';
import { ToolUnavailable } from './tool-cache.ts';

/** Under whose rights a client calls. Only the sandbox tells them apart. */
export type DynamoCaller = 'operator' | 'correlator' | 'publisher';

/** A DynamoDB with an empty journal table. */
export interface RunningDynamo {
  readonly tableName: string;
  /** A client without retries of its own; `stop` destroys it. */
  readonly clientFor: (caller: DynamoCaller) => DynamoDBClient;
  /** Ends every process that was started, and deletes the table where the endpoint goes on. */
  stop(): Promise<void>;
}

/** A DynamoDB that this machine can run. */
export interface DynamoTarget {
  readonly name: 'the sandbox' | 'MiniStack' | 'DynamoDB Local' | 'the endpoint given';
  readonly start: () => Promise<RunningDynamo>;
}

const REGION = 'us-east-1';
const ANY_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

function clientPool(make: (caller: DynamoCaller) => DynamoDBClient) {
  const clients = new Map<DynamoCaller, DynamoDBClient>();
  return {
    clientFor: (caller: DynamoCaller): DynamoDBClient => {
      const client = clients.get(caller) ?? make(caller);
      clients.set(caller, client);
      return client;
    },
    destroy(): void {
      for (const client of clients.values()) client.destroy();
    },
  };
}

async function startInSandbox(): Promise<RunningDynamo> {
  // No services in it: they would write into the table. Nothing is sent to the forwarder, so none listens there.
  const sandbox = await startTestSandbox({
    environment: { STEPCAST_SANDBOX_FORWARDER_URL: 'http://127.0.0.1:9' },
  });
  const { access, info } = sandbox;
  const clients = clientPool((caller) => {
    const { accessKeyId, secretAccessKey } = caller === 'operator' ? access.root : access.services[caller];
    return new DynamoDBClient({
      endpoint: info.endpoints.dynamodb,
      region: info.region,
      credentials: { accessKeyId, secretAccessKey },
      maxAttempts: 1,
    });
  });
  return {
    tableName: JOURNAL_TABLE_NAME,
    clientFor: clients.clientFor,
    async stop() {
      clients.destroy();
      await sandbox.stop({ force: true });
    },
  };
}

async function startAt(endpoint: string, end: () => Promise<void>): Promise<RunningDynamo> {
  const clients = clientPool(
    () => new DynamoDBClient({ endpoint, region: REGION, credentials: ANY_CREDENTIALS, maxAttempts: 1 }),
  );
  const operator = clients.clientFor('operator');
  const tableName = `stepcast-test-${randomUUID()}`;
  try {
    await createJournalTable(operator, tableName);
  } catch (thrown) {
    clients.destroy();
    await end();
    throw thrown;
  }
  return {
    tableName,
    clientFor: clients.clientFor,
    async stop() {
      try {
        await operator.send(new DeleteTableCommand({ TableName: tableName }));
      } finally {
        clients.destroy();
        await end();
      }
    },
  };
}

async function startInMiniStack(): Promise<RunningDynamo> {
  const server = await startMiniStack({ region: REGION });
  // `stop` sends SIGTERM, and SIGKILL after ten seconds.
  return startAt(server.endpoint, () => server.stop());
}

async function startInDynamoDbLocal(): Promise<RunningDynamo> {
  const server = await startDynamoDbLocal();
  return startAt(server.endpoint, () => server.stop());
}

/**
 * The kinds of DynamoDB that tests can run against here: the sandbox always, MiniStack and DynamoDB Local where they can be
 * had, and the one that `STEPCAST_TEST_DYNAMODB_ENDPOINT` names. Says what is missing. Installs, and starts nothing.
 * @param what the tests, as a person would call them
 */
export async function dynamoTargets(what: string): Promise<DynamoTarget[]> {
  const targets: DynamoTarget[] = [{ name: 'the sandbox', start: startInSandbox }];
  try {
    await installMiniStack();
    targets.push({ name: 'MiniStack', start: startInMiniStack });
    reportUsed(what, `MiniStack ${MINISTACK_VERSION}`);
  } catch (thrown) {
    if (!(thrown instanceof ToolUnavailable)) throw thrown;
    reportNotRun(`${what} against MiniStack`, thrown.message);
  }
  try {
    await installDynamoDbLocal();
    targets.push({ name: 'DynamoDB Local', start: startInDynamoDbLocal });
    reportUsed(what, `DynamoDB Local ${DYNAMODB_LOCAL_VERSION}`);
  } catch (thrown) {
    if (!(thrown instanceof ToolUnavailable)) throw thrown;
    reportNotRun(`${what} against DynamoDB Local`, thrown.message);
  }
  const endpoint = dynamoDbEndpoint();
  if (endpoint !== undefined) {
    targets.push({ name: 'the endpoint given', start: () => startAt(endpoint, () => Promise.resolve()) });
    reportUsed(what, endpoint);
  }
  return targets;
}
