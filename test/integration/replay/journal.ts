import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { parseJson, ProgressEvent, UploadState } from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import { JOURNAL_TABLE_NAME } from '@stepcast/wire';
import * as z from 'zod';

/** An entry as it stands in the journal, its texts read. */
export interface ReadEntry {
  readonly events: readonly ProgressEvent[];
  /** Undefined for an entry without a snapshot. */
  readonly state: UploadState | undefined;
}

function read<S extends z.core.$ZodType>(schema: S, text: string): z.output<S> {
  const parsed = parseJson(schema, text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

/** All entries of one stream, in order. @param pk as `journalKeys` builds it */
export async function readJournal({ info, access }: Sandbox, pk: string): Promise<ReadEntry[]> {
  const dynamodb = new DynamoDBClient({
    region: info.region,
    endpoint: info.endpoints.dynamodb,
    credentials: access.root,
  });
  const entries: ReadEntry[] = [];
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
    for (const { events, state } of page.Items ?? []) {
      entries.push({
        events: read(z.array(ProgressEvent), events?.S ?? ''),
        state: state?.S === undefined ? undefined : read(UploadState, state.S),
      });
    }
    const { pk: lastPk, sk: lastSk } = page.LastEvaluatedKey ?? {};
    start =
      lastPk?.S === undefined || lastSk?.S === undefined
        ? undefined
        : { pk: { S: lastPk.S }, sk: { S: lastSk.S } };
  } while (start !== undefined);
  dynamodb.destroy();
  return entries;
}
