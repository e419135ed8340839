import { afterAll, beforeAll } from 'vitest';
import { systemClock, systemTimers } from '@stepcast/kit';
import { createDynamoDb, type DynamoDb } from '@stepcast/kit/dynamodb';
import { describeDynamoStores } from '../testing/dynamo-conformance.ts';
import { startDynalite, type LocalDynamo } from '../testing/local-dynamo.ts';

let dynamo: LocalDynamo;
let dynamodb: DynamoDb;

beforeAll(async () => {
  dynamo = await startDynalite();
  dynamodb = createDynamoDb({
    client: dynamo.client,
    clock: systemClock,
    timers: systemTimers,
    random: Math.random,
  });
});

afterAll(async () => {
  await dynamodb.close();
  await dynamo.stop();
});

describeDynamoStores('dynalite', () => ({
  client: dynamo.client,
  dynamodb,
  tableName: 'stepcast-journal-itest',
}));
