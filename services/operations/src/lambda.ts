import { randomBytes } from 'node:crypto';
import { partitionOf, topicSpace } from '@stepcast/contracts';
import { createLogger, systemClock, systemTimers } from '@stepcast/kit';
import { deploymentNames } from '@stepcast/wire';
import { createOperationsApi } from './api/api.ts';
import { createApiFunction } from './api/function.ts';
import { processEnvironment, readOperationsConfig } from './config.ts';
import { operatorOfAws } from './connect.ts';

const { logLevel, region, stage, journalTable, topicNamespace, group } =
  readOperationsConfig(processEnvironment);
const operator = operatorOfAws(
  {
    region,
    partition: partitionOf(region),
    topics: topicSpace(topicNamespace),
    tableName: journalTable,
    names: deploymentNames({ stage, region }),
  },
  { clock: systemClock, timers: systemTimers, newId: () => randomBytes(8).toString('hex') },
);

/** Entry of AWS Lambda: the API of the operators' page behind an HTTP API with an authorizer. */
export const handler = createApiFunction({
  api: createOperationsApi({
    operator,
    measures: operator.measures,
    logger: createLogger({ service: 'operations', level: logLevel }),
  }),
  group,
});
