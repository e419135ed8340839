import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChildProcess } from '@stepcast/kit/testing/child-process';
import * as z from 'zod';
import { processEnvironment } from '../../config.ts';
import {
  runForTest,
  startSandboxProcess,
  type SandboxProcess,
  type Uploaded,
} from '../../testing/sandbox-process.ts';

let sandbox: SandboxProcess;
beforeAll(async () => {
  sandbox = await startSandboxProcess();
});
afterAll(() => sandbox.end());

const FoundUploads = z.object({
  uploads: z.array(
    z.object({
      epochs: z.array(
        z.object({
          epoch: z.string(),
          status: z.string().nullable(),
          newest: z.boolean(),
          executions: z.array(z.object({ executionArn: z.string() })),
        }),
      ),
    }),
  ),
});
const epochs = async ({ uploadId }: Uploaded) =>
  (await sandbox.stepcast('lookup', uploadId, '--json')).json(FoundUploads).uploads[0]?.epochs ?? [];

describe('stepcast reprocess', () => {
  it('starts the workflow once as a new epoch, however many ask for it at the same time', async () => {
    const uploaded = await sandbox.upload('alice', 'again.txt', 'a line\n');
    await sandbox.ended(uploaded);
    const [first] = await epochs(uploaded);
    const ran = await Promise.all(
      [1, 2].map(() => sandbox.stepcast('reprocess', uploaded.uploadId, '--yes', '--reason', 'a new model')),
    );
    for (const { code, out } of ran) {
      expect(out).toMatch(new RegExp(`: epoch [a-z2-7]{12} has begun, after ${first?.epoch ?? ''}\n$`));
      expect(code).toBe(0);
    }
    await sandbox.ended(uploaded);
    const after = await epochs(uploaded);
    expect(after.map(({ status, newest }) => [status, newest])).toEqual([
      ['succeeded', false],
      ['succeeded', true],
    ]);
    expect(
      new Set(after.flatMap(({ executions }) => executions.map(({ executionArn }) => executionArn))).size,
    ).toBe(2);
    expect((await sandbox.stepcast('audit')).out).toMatch(/reprocess +done +s3:.*again\.txt.* +a new model/);
  });

  it('goes on while it only waits, and ends with what came of it: Node took it for done, and ended it with 13', async () => {
    const uploaded = await sandbox.upload('bob', 'process.txt', 'a line\n');
    await sandbox.ended(uploaded);
    const child = startChildProcess(
      process.execPath,
      [
        '--conditions=stepcast-source',
        join(import.meta.dirname, '../../main.ts'),
        ...['reprocess', uploaded.uploadId, '--yes', '--endpoint', sandbox.url],
      ],
      { env: { PATH: processEnvironment.PATH } },
    );
    await child.waitForOutput(/: epoch [a-z2-7]{12} has begun/);
    expect(await child.exited).toMatchObject({ code: 0 });
  });

  it('asks first, and starts nothing where the answer is no', async () => {
    const uploaded = await sandbox.upload('alice', 'asked.txt', 'a line\n');
    await sandbox.ended(uploaded);
    const { code, err } = await runForTest(['reprocess', uploaded.uploadId, '--endpoint', sandbox.url], {
      answers: [false],
    });
    expect(err).toMatch(/reprocess:\n {2}s3:.*asked\.txt/);
    expect(code).toBe(1);
    expect(await epochs(uploaded)).toHaveLength(1);
  });

  it('says of an upload that is not known, or has no event of S3 to start with, that nothing was started', async () => {
    const unknown = await sandbox.stepcast('reprocess', 'aaaaaaaaaaaaaaaaaaaaaaaaaa', '--yes');
    expect({ code: unknown.code, err: unknown.err }).toEqual({
      code: 4,
      err: expect.stringContaining('nothing is in the journal of aaaa'),
    });
    const key = `users/us-east-1:00000000-0000-0000-0000-000000000001/flat.txt`;
    const arn = 'arn:aws:states:us-east-1:111122223333:execution:MyWorkflow:by-hand';
    await sandbox.deliverLogs(arn, [
      {
        id: 1,
        type: 'ExecutionStarted',
        previous: 0,
        details: { input: JSON.stringify({ bucket: sandbox.place.bucket, key, sequencer: '01' }) },
      },
      { id: 2, type: 'ExecutionSucceeded', previous: 1 },
    ]);
    const flat = await sandbox.stepcast('reprocess', arn, '--yes');
    expect({ code: flat.code, err: flat.err }).toEqual({
      code: 1,
      err: 'stepcast: nothing was started: Step Functions has forgotten its last execution (90 days); upload the object again\n',
    });
  });
});
