import { afterAll, beforeAll } from 'vitest';
import { systemClock, systemTimers } from '@stepcast/kit';
import { createDynamoDb, type DynamoDb } from '@stepcast/kit/dynamodb';
import { createTestTable, type TestTable } from '../testing/dynalite-table.ts';
import {
  describeBrokenJournal,
  describeJournal,
  journalInMemory,
  journalOn,
} from '../testing/journal-conformance.ts';

let table: TestTable;
let dynamodb: DynamoDb;

beforeAll(async () => {
  table = await createTestTable();
  dynamodb = createDynamoDb({
    client: table.client,
    clock: systemClock,
    timers: systemTimers,
    random: Math.random,
  });
});

afterAll(async () => {
  await dynamodb.close();
  await table.close();
});

const onDynalite = () => ({ client: table.client, dynamodb, tableName: table.tableName });

describeJournal('dynalite', () => journalOn(onDynalite()));
describeJournal('memory', journalInMemory);
describeBrokenJournal('dynalite', onDynalite);
