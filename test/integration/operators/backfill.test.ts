import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '@stepcast/sandbox';
import { writeQuickWorkflow } from '../../chaos/sandbox-client.ts';
import { postJson } from '../../support/awslogs.ts';
import { startTestSandbox } from '../../support/sandbox.ts';
import { stepcast } from './command.ts';
import { correlationOf, recordingOf, shown, uploadToEnd } from './rebuilding.ts';

// Long enough that the definition has mostly been read, and percentages are emitted, before the last tasks begin.
const TASK_MS = 600;
let workflow: Awaited<ReturnType<typeof writeQuickWorkflow>>;
let original: Sandbox;
let rebuilt: Sandbox;
beforeAll(async () => {
  workflow = await writeQuickWorkflow(4, TASK_MS);
  const { argv } = workflow;
  [original, rebuilt] = [await startTestSandbox({ argv }), await startTestSandbox({ argv })];
});
afterAll(async () => {
  await Promise.all([original.stop(), rebuilt.stop()]);
  await workflow.remove();
});

describe('stepcast backfill', () => {
  it('builds from the history of an execution the very journal that there was, and nothing the second time', async () => {
    const { uploadId, executionArn } = await uploadToEnd(original, 'alice', 'words.txt');
    // Elsewhere nothing is left but what Step Functions keeps.
    const imported = await postJson(`${rebuilt.url}/executions`, await recordingOf(original, executionArn));
    expect(imported.status).toBe(201);
    expect((await stepcast('lookup', uploadId, '--endpoint', rebuilt.url)).code).toBe(4);
    const ran = await stepcast('backfill', executionArn, '--endpoint', rebuilt.url);
    expect(ran.err).not.toContain('stepcast:');
    expect(ran.out).toMatch(
      new RegExp(`^${executionArn}: built from the history \\(upload ${uploadId}, offset \\d+\\)\n$`),
    );
    expect(ran.code).toBe(0);

    const [before, after] = [await shown(original, uploadId), await shown(rebuilt, uploadId)];
    expect(before.events.length).toBeGreaterThan(8);
    // A percentage is an estimate. The first time there was none before the definition of the workflow had been read.
    const events = after.events.map((event, at) =>
      before.events[at]?.percent === undefined ? { ...event, percent: undefined } : event,
    );
    expect({ ...after, events }).toEqual(before);
    // At the end at least, however late the definition was read.
    expect(after.events.at(-1)?.percent).toBe(100);
    expect(before.events.at(-1)?.percent).toBe(100);
    expect(await correlationOf(rebuilt, uploadId)).toBe(await correlationOf(original, uploadId));

    const again = await stepcast('backfill', executionArn, '--endpoint', rebuilt.url);
    expect(again.out).toContain('the journal has it to its end');
    expect(await shown(rebuilt, uploadId)).toEqual(after);
  });

  it('says of an execution that has no history why, and exits with 4', async () => {
    const unknown = await stepcast(
      'backfill',
      'arn:aws:states:us-east-1:111122223333:execution:MyWorkflow:none',
      '--endpoint',
      rebuilt.url,
    );
    expect({ code: unknown.code, out: unknown.out }).toEqual({
      code: 4,
      out: expect.stringContaining('Step Functions has no such execution; it keeps histories for 90 days'),
    });
    // It stood in the audit as done.
    const audited = await stepcast('audit', '--limit', '2', '--json', '--endpoint', rebuilt.url);
    expect([...audited.out.matchAll(/"outcome": "(\w+)"/g)].map(([, outcome]) => outcome)).toEqual([
      'failed',
      'begun',
    ]);
    const express = await stepcast(
      'backfill',
      'arn:aws:states:us-east-1:111122223333:express:MyWorkflow:a:b',
      '--endpoint',
      rebuilt.url,
    );
    expect({ code: express.code, out: express.out }).toEqual({
      code: 4,
      out: expect.stringContaining('an Express execution has no history'),
    });
    const none = await stepcast('backfill', 'no-arn', '--endpoint', rebuilt.url);
    expect({ code: none.code, err: none.err }).toEqual({
      code: 64,
      err: 'stepcast: no-arn is no ARN of an execution\n',
    });
  });
});
