import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Sandbox } from '@stepcast/sandbox';
import { startTestSandbox } from '../support/sandbox.ts';

let folder = '';
let sandbox: Sandbox;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepcast-hanging-'));
  const definition = join(folder, 'machine.json');
  const handlers = join(folder, 'handlers.mjs');
  await writeFile(
    definition,
    JSON.stringify({
      StartAt: 'Hang',
      States: {
        Hang: {
          Type: 'Task',
          Resource: 'arn:aws:lambda:us-east-1:111122223333:function:hang',
          TimeoutSeconds: 2,
          End: true,
        },
      },
    }),
  );
  // What an upload of 511 bytes did to a handler that had a regular expression with nested quantifiers.
  await writeFile(
    handlers,
    `export const hang = () => /^(<!--[^]*?-->\\s*)*<svg/.test('<!---->'.repeat(73));`,
  );
  sandbox = await startTestSandbox({ argv: ['--definition', definition, '--handlers', handlers] });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('a handler that never returns ends as States.Timeout, while the sandbox answers, and does not keep it from stopping', async () => {
  const { stepFunctions } = sandbox.emulation;
  const { executionArn } = stepFunctions.startExecution({
    stateMachineArn: sandbox.info.stateMachineArn,
    name: 'hangs',
    input: '{}',
  });
  const client = new SFNClient({
    region: sandbox.info.region,
    endpoint: sandbox.info.endpoints.stepFunctions,
    credentials: sandbox.access.root,
  });
  const describeIt = () => client.send(new DescribeExecutionCommand({ executionArn }));
  while ((await describeIt()).status === 'RUNNING') {
    expect((await fetch(`${sandbox.url}/livez`)).status).toBe(200);
    await new Promise((again) => setTimeout(again, 50));
  }
  expect(await describeIt()).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  client.destroy();

  stepFunctions.startExecution({
    stateMachineArn: sandbox.info.stateMachineArn,
    name: 'hangs-at-the-end',
    input: '{}',
  });
  const startedAt = performance.now();
  await sandbox.stop();
  expect(performance.now() - startedAt).toBeLessThan(60_000);
});
