import { describeDynamoStores } from '@stepcast/correlator/testing/conformance';
import { systemClock, systemTimers } from '@stepcast/kit';
import { createDynamoDb, type DynamoDb } from '@stepcast/kit/dynamodb';
import {
  describeBrokenJournal,
  describeJournal,
  journalOn,
} from '@stepcast/publisher/testing/journal-conformance';
import { afterAll, beforeAll, describe } from 'vitest';
import { dynamoTargets, type DynamoCaller, type RunningDynamo } from '../support/dynamodb-targets.ts';

const targets = await dynamoTargets('stores of correlator and publisher');

/** In the sandbox the stores call under the roles of their services, so that the policies are tried as well. */
describe.each(targets)('in $name', ({ name, start }) => {
  let running: RunningDynamo;
  const opened = new Map<DynamoCaller, DynamoDb>();

  function dynamodbFor(caller: DynamoCaller): DynamoDb {
    const dynamodb =
      opened.get(caller) ??
      createDynamoDb({
        client: running.clientFor(caller),
        clock: systemClock,
        timers: systemTimers,
        random: Math.random,
      });
    opened.set(caller, dynamodb);
    return dynamodb;
  }

  const tableFor = (caller: DynamoCaller) => ({
    client: running.clientFor('operator'),
    dynamodb: dynamodbFor(caller),
    tableName: running.tableName,
  });

  beforeAll(async () => {
    running = await start();
  });

  afterAll(async () => {
    for (const dynamodb of opened.values()) await dynamodb.close();
    await running.stop();
  });

  describeDynamoStores(name, () => tableFor('correlator'));
  describeJournal(name, () => journalOn(tableFor('publisher')));
  describeBrokenJournal(name, () => tableFor('publisher'));
});
