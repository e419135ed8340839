import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createJournalTable } from '@stepcast/correlator';
import { awsClientDefaults, configOrExit, createLogger } from '@stepcast/kit';
import { readEngineConfig } from './config.ts';

// For a store that is started empty, such as DynamoDB Local beside the engine. In AWS the infrastructure makes the table.
const { journalTable, logLevel } = configOrExit('engine', readEngineConfig);
const client = new DynamoDBClient(awsClientDefaults());
await createJournalTable(client, journalTable);
client.destroy();
createLogger({ service: 'engine', level: logLevel }).info({ journalTable }, 'journal table is there');
