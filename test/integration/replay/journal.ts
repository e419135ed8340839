import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { parseJson } from '@stepcast/contracts';
import { JOURNAL_TABLE_NAME, JournalEntryBody } from '@stepcast/wire';
import type { Sandbox } from '@stepcast/sandbox';

/** All entries of one stream, in order. @param pk as `journalKeys` builds it */
export async function readJournal({ info, access }: Sandbox, pk: string): Promise<JournalEntryBody[]> {
  const dynamodb = new DynamoDBClient({
    region: info.region,
    endpoint: info.endpoints.dynamodb,
    credentials: access.root,
  });
  const bodies: JournalEntryBody[] = [];
  let start: Record<string, { S: string }> | undefined;
  do {
    const page = await dynamodb.send(
      new QueryCommand({
        TableName: JOURNAL_TABLE_NAME,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: pk } },
        ExclusiveStartKey: start,
      }),
    );
    for (const item of page.Items ?? []) {
      const body = parseJson(JournalEntryBody, item.body?.S ?? '');
      if (!body.ok) throw new Error(JSON.stringify(body.issues));
      bodies.push(body.value);
    }
    const { pk: lastPk, sk: lastSk } = page.LastEvaluatedKey ?? {};
    start =
      lastPk?.S === undefined || lastSk?.S === undefined
        ? undefined
        : { pk: { S: lastPk.S }, sk: { S: lastSk.S } };
  } while (start !== undefined);
  dynamodb.destroy();
  return bodies;
}
