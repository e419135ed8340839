import { DeleteItemCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hexDigest } from '@stepcast/kit';
import { JOURNAL_TABLE_NAME } from '@stepcast/wire';
import type { Sandbox } from '@stepcast/sandbox';
import { writeQuickWorkflow } from '../../chaos/sandbox-client.ts';
import { IS_LONG } from '../../support/long-form.ts';
import { startTestSandbox } from '../../support/sandbox.ts';
import { stepcast } from './command.ts';
import { correlationOf, shown, uploadToEnd, withoutEstimates, type EndedUpload } from './rebuilding.ts';

let workflow: Awaited<ReturnType<typeof writeQuickWorkflow>>;
let sandbox: Sandbox;
beforeAll(async () => {
  workflow = await writeQuickWorkflow(4, 300);
  sandbox = await startTestSandbox({ argv: workflow.argv });
});
afterAll(async () => {
  await sandbox.stop();
  await workflow.remove();
});

/** Deletes every item of an upload and its execution, as an operator who mends the table by hand might. */
async function deleteJournal({ uploadId, executionArn }: EndedUpload): Promise<number> {
  const { region, endpoints } = sandbox.info;
  const dynamodb = new DynamoDBClient({
    region,
    endpoint: endpoints.dynamodb,
    credentials: sandbox.access.root,
  });
  const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: JOURNAL_TABLE_NAME }));
  const names = [uploadId, hexDigest(executionArn), executionArn];
  const mine = Items.filter(({ pk, sk }) =>
    names.some((name) => `${pk?.S ?? ''} ${sk?.S ?? ''}`.includes(name)),
  );
  for (const { pk, sk } of mine)
    if (pk !== undefined && sk !== undefined)
      await dynamodb.send(new DeleteItemCommand({ TableName: JOURNAL_TABLE_NAME, Key: { pk, sk } }));
  dynamodb.destroy();
  return mine.length;
}

describe('a journal that was deleted while the engine runs', () => {
  const fromLog = () => [
    ['--from', 'logs'],
    ['--log-group', sandbox.info.logGroupName],
    ['--since', '2020-01-01T00:00:00Z'],
  ];
  const sources = [{ from: 'the history', options: (): string[][] => [] }];
  it.each(IS_LONG ? [...sources, { from: 'the log', options: fromLog }] : sources)(
    'is built from $from again, identical, although the engine remembers it',
    async ({ from, options }) => {
      const uploaded = await uploadToEnd(sandbox, 'alice', `${from.replace('the ', '')}.txt`);
      const { uploadId, executionArn } = uploaded;
      const [before, correlationBefore] = [
        await shown(sandbox, uploadId),
        await correlationOf(sandbox, uploadId),
      ];
      expect(await deleteJournal(uploaded)).toBeGreaterThan(5);
      expect((await stepcast('lookup', uploadId, '--endpoint', sandbox.url)).code).toBe(4);
      const ran = await stepcast(
        'backfill',
        ...options().flat(),
        executionArn,
        '--wait',
        '20',
        '--endpoint',
        sandbox.url,
      );
      expect({ code: ran.code, out: ran.out }).toMatchObject({
        code: 0,
        out: expect.stringContaining(`: built from ${from} (upload ${uploadId}, offset `),
      });
      expect(withoutEstimates(await shown(sandbox, uploadId))).toBe(withoutEstimates(before));
      expect(await correlationOf(sandbox, uploadId)).toBe(correlationBefore);
    },
  );
});
