import { CreateTableCommand, waitUntilTableExists, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { asError } from '@stepcast/kit';
import { JOURNAL_KEYS } from '@stepcast/wire';
import { StoreError } from './store-error.ts';

/**
 * Makes the journal table and waits until it can be used. For sandboxes and tests: in AWS the infrastructure makes it,
 * with the time-to-live attribute `expiresAt` switched on, which emulators do not have. An existing table is left as it
 * is.
 */
export async function createJournalTable(client: DynamoDBClient, tableName: string): Promise<void> {
  try {
    await client.send(
      new CreateTableCommand({
        TableName: tableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: JOURNAL_KEYS.partition, AttributeType: 'S' },
          { AttributeName: JOURNAL_KEYS.sort, AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: JOURNAL_KEYS.partition, KeyType: 'HASH' },
          { AttributeName: JOURNAL_KEYS.sort, KeyType: 'RANGE' },
        ],
      }),
    );
  } catch (thrown) {
    const { name } = asError(thrown);
    if (name !== 'ResourceInUseException')
      throw new StoreError(`CreateTable: ${name}`, 'infrastructure', { cause: thrown });
  }
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 2 }, { TableName: tableName });
}
