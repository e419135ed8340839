import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '@stepcast/sandbox';
import { writeQuickWorkflow } from '../../chaos/sandbox-client.ts';
import { postJson } from '../../support/awslogs.ts';
import { startTestSandbox } from '../../support/sandbox.ts';
import { stepcast } from './command.ts';
import {
  epochsOf,
  logOf,
  correlationOf,
  recordingOf,
  restoreLog,
  shown,
  until,
  uploadToEnd,
  withoutEstimates,
} from './rebuilding.ts';

const TASK_MS = 300;
let workflow: Awaited<ReturnType<typeof writeQuickWorkflow>>;
let original: Sandbox;
let rebuilt: Sandbox;
beforeAll(async () => {
  workflow = await writeQuickWorkflow(4, TASK_MS);
  const argv = [...workflow.argv, '--mode', 'observed'];
  [original, rebuilt] = [await startTestSandbox({ argv }), await startTestSandbox({ argv })];
});
afterAll(async () => {
  await Promise.all([original.stop(), rebuilt.stop()]);
  await workflow.remove();
});

/** Executions of the workflow, those that were imported left out. */
async function started(sandbox: Sandbox): Promise<number> {
  const { region, endpoints, stateMachineArn } = sandbox.info;
  const sfn = new SFNClient({ region, endpoint: endpoints.stepFunctions, credentials: sandbox.access.root });
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
  sfn.destroy();
  return executions.length;
}

describe('where something else starts the workflow', () => {
  it('backfill --with-upload builds from the history the very journal that there was, and starts nothing', async () => {
    const { uploadId, executionArn } = await uploadToEnd(original, 'alice', 'observed.txt');
    await postJson(`${rebuilt.url}/executions`, await recordingOf(original, executionArn));
    const before = await started(rebuilt);
    const ran = await stepcast('backfill', executionArn, '--with-upload', '--endpoint', rebuilt.url);
    expect({ code: ran.code, out: ran.out }).toEqual({
      code: 0,
      out: expect.stringMatching(
        new RegExp(`^${executionArn}: built from the history \\(upload ${uploadId}, offset \\d+\\)\n$`),
      ),
    });
    const [one, other] = [await shown(original, uploadId), await shown(rebuilt, uploadId)];
    expect(one.events[0]).toMatchObject({ kind: 'uploaded' });
    expect(withoutEstimates(other)).toBe(withoutEstimates(one));
    expect(await correlationOf(rebuilt, uploadId)).toBe(await correlationOf(original, uploadId));
    expect(await started(rebuilt)).toBe(before);
  });

  it('backfill without it takes the upload from the input of the execution, with the same journal', async () => {
    const { uploadId, executionArn } = await uploadToEnd(original, 'alice', 'without.txt');
    await postJson(`${rebuilt.url}/executions`, await recordingOf(original, executionArn));
    const ran = await stepcast('backfill', executionArn, '--endpoint', rebuilt.url);
    expect(ran.code).toBe(0);
    expect(ran.out).toContain(': built from the history (upload ');
    const [one, other] = [await shown(original, uploadId), await shown(rebuilt, uploadId)];
    expect(withoutEstimates(other)).toBe(withoutEstimates(one));
    expect(await correlationOf(rebuilt, uploadId)).toBe(await correlationOf(original, uploadId));
  });

  it('backfill --from logs --with-upload needs nothing but the log', async () => {
    const { uploadId, executionArn } = await uploadToEnd(original, 'alice', 'log-only.txt');
    const log = (await logOf(original)).filter(({ message }) => message.includes(executionArn));
    await restoreLog(rebuilt, '/stepcast/restored/observed', log);
    const before = await started(rebuilt);
    const ran = await stepcast(
      ...['backfill', '--from', 'logs', '--log-group', '/stepcast/restored/observed', '--with-upload'],
      ...['--since', new Date(Date.now() - 3_600_000).toISOString(), '--endpoint', rebuilt.url],
    );
    expect({ code: ran.code, out: ran.out }).toEqual({
      code: 0,
      out: expect.stringMatching(new RegExp(`^${executionArn}: built from the log \\(upload ${uploadId}, `)),
    });
    const [one, other] = [await shown(original, uploadId), await shown(rebuilt, uploadId)];
    expect(withoutEstimates(other)).toBe(withoutEstimates(one));
    expect(await started(rebuilt)).toBe(before);
  });

  it('reprocess starts the workflow once as a new epoch, however many ask for it at the same time', async () => {
    const { uploadId, executionArn } = await uploadToEnd(original, 'bob', 'again.txt');
    const before = await started(original);
    const [first] = await epochsOf(original, uploadId);
    const line = ['reprocess', uploadId, '--yes', '--reason', 'a new model', '--endpoint', original.url];
    for (const { code, out, err } of await Promise.all([stepcast(...line), stepcast(...line)])) {
      expect({ code, out }).toEqual({
        code: 0,
        out: expect.stringMatching(
          new RegExp(`: epoch [a-z2-7]{12} has begun, after ${first?.epoch ?? ''}\n$`),
        ),
      });
      expect(err).not.toContain('stepcast:');
    }
    await until('the end of the second version', async () =>
      (await epochsOf(original, uploadId)).every(({ status }) => status === 'succeeded'),
    );
    const epochs = await epochsOf(original, uploadId);
    expect(epochs).toHaveLength(2);
    const arns = epochs.flatMap(({ executions }) => executions.map((one) => one.executionArn));
    expect(new Set(arns).size).toBe(2);
    expect(arns).toContain(executionArn);
    expect(await started(original)).toBe(before + 1);
    const shownAgain = await shown(original, uploadId);
    expect(shownAgain.events[0]).toMatchObject({ kind: 'uploaded' });
  });

  it('reprocess takes the input that the rule gave the workflow, so that its functions find the object', async () => {
    const { uploadId } = await uploadToEnd(original, 'bob', 'twice.txt');
    for (const time of [2, 3]) {
      const ran = await stepcast('reprocess', uploadId, '--yes', '--endpoint', original.url);
      expect(ran.code).toBe(0);
      await until(`version ${time}`, async () => {
        const epochs = await epochsOf(original, uploadId);
        return epochs.length === time && epochs.every(({ status }) => status === 'succeeded');
      });
    }
  });
});
