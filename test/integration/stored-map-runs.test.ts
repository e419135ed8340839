import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  DescribeStateMachineForExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startChildProcess, type RunningChild } from '@stepcast/kit/testing/child-process';
import type { Sandbox } from '@stepcast/sandbox';
import * as z from 'zod';
import { startTestSandbox } from '../support/sandbox.ts';

const ROOT = join(import.meta.dirname, '..', '..');

const processor = (StartAt: string, States: object, ExecutionType = 'STANDARD') => ({
  ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType },
  StartAt,
  States,
});
/** One Map over to its end, one over in Express children, one of which some children wait for ever when the process is killed. */
const definition = {
  StartAt: 'All',
  States: {
    All: {
      Type: 'Map',
      Label: 'All',
      ItemsPath: '$.items',
      ToleratedFailureCount: 1,
      ItemProcessor: processor('Look', {
        Look: {
          Type: 'Choice',
          Choices: [{ Variable: '$', NumericEquals: 2, Next: 'Refuse' }],
          Default: 'Take',
        },
        Take: { Type: 'Pass', End: true },
        Refuse: { Type: 'Fail', Error: 'Two', Cause: 'It is 2.' },
      }),
      ResultPath: null,
      Next: 'Quick',
    },
    Quick: {
      Type: 'Map',
      Label: 'Quick',
      ItemsPath: '$.items',
      ItemProcessor: processor('Hurry', { Hurry: { Type: 'Pass', End: true } }, 'EXPRESS'),
      ResultPath: null,
      Next: 'Some',
    },
    Some: {
      Type: 'Map',
      Label: 'Some',
      ItemsPath: '$.items',
      MaxConcurrency: 2,
      ItemProcessor: processor('Weigh', {
        Weigh: {
          Type: 'Choice',
          Choices: [{ Variable: '$', NumericLessThan: 2, Next: 'Go' }],
          Default: 'Stay',
        },
        Go: { Type: 'Pass', End: true },
        Stay: { Type: 'Wait', Seconds: 100_000, End: true },
      }),
      End: true,
    },
  },
};

const Ready = z.object({
  stateMachineArn: z.string(),
  endpoint: z.string(),
  region: z.string(),
  credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
});

let folder = '';
let argv: readonly string[] = [];
let first: RunningChild;
let sandbox: Sandbox | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepcast-stored-maps-'));
  const file = join(folder, 'maps.asl.json');
  await writeFile(file, JSON.stringify(definition));
  argv = ['--definition', file, '--data', join(folder, 'data')];
  first = startChildProcess(
    process.execPath,
    ['--conditions=stepcast-source', join(ROOT, 'test/support/sandbox-process.ts'), ...argv],
    { cwd: ROOT, env: { PATH: '', PORT: '0' } },
  );
});
afterAll(async () => {
  await first.end();
  await sandbox?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What the API says of a child. */
async function childOf(sfn: SFNClient, executionArn: string | undefined) {
  const { events } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
  const described = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  const { mapRunArn, input, output, error, cause, status, startDate, stopDate } = described;
  const machine = await sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
  const { $metadata: _metadata, ...runs } = machine;
  return { events, mapRunArn, input, output, error, cause, status, startDate, stopDate, runs };
}

/** Everything that the API says of the Map Runs of an execution and of their children, in the order in which it says it. */
async function mapRunsOf(sfn: SFNClient, executionArn: string) {
  const { mapRuns = [] } = await sfn.send(new ListMapRunsCommand({ executionArn }));
  return Promise.all(
    mapRuns.map(async (summary) => {
      const { mapRunArn } = summary;
      const { $metadata: _metadata, ...run } = await sfn.send(new DescribeMapRunCommand({ mapRunArn }));
      const { executions = [] } = await sfn.send(new ListExecutionsCommand({ mapRunArn }));
      const children = await Promise.all(executions.map((child) => childOf(sfn, child.executionArn)));
      return { summary, run, executions, children };
    }),
  );
}

describe('--data and distributed Maps', () => {
  it('has Map Runs and children again after the process was killed; what ran is aborted', async () => {
    const [, line = ''] = await first.waitForOutput(/^READY (.*)$/m);
    const { stateMachineArn, ...client } = Ready.parse(JSON.parse(line));
    const before = new SFNClient(client);
    const input = JSON.stringify({ items: [1, 2, 3, 4] });
    const { executionArn = '' } = await before.send(new StartExecutionCommand({ stateMachineArn, input }));
    await vi.waitUntil(
      async () => {
        const { mapRuns = [] } = await before.send(new ListMapRunsCommand({ executionArn }));
        const mapRunArn = mapRuns[2]?.mapRunArn;
        if (mapRunArn === undefined) return false;
        const { executionCounts } = await before.send(new DescribeMapRunCommand({ mapRunArn }));
        return executionCounts?.succeeded === 1 && executionCounts.running === 2;
      },
      { timeout: 150_000 },
    );
    const [all, quick, some] = await mapRunsOf(before, executionArn);
    expect(all?.executions.map(({ status }) => status).toSorted()).toEqual([
      'FAILED',
      'SUCCEEDED',
      'SUCCEEDED',
      'SUCCEEDED',
    ]);
    expect(quick?.children.map(({ status }) => status)).toEqual(Array(4).fill('SUCCEEDED'));
    before.destroy();
    first.signal('SIGKILL');
    await first.exited;

    sandbox = await startTestSandbox({ argv });
    const { info, access } = sandbox;
    const after = new SFNClient({
      ...client,
      endpoint: info.endpoints.stepFunctions,
      credentials: access.root,
    });
    const [allAfter, quickAfter, someAfter, ...more] = await mapRunsOf(after, executionArn);
    expect(more).toEqual([]);
    expect(allAfter).toEqual(all);
    expect(quickAfter).toEqual(quick);

    expect(some?.run).toMatchObject({ status: 'RUNNING', executionCounts: { running: 2, pending: 1 } });
    expect(someAfter?.run).toMatchObject({
      status: 'ABORTED',
      stopDate: expect.any(Date),
      itemCounts: { succeeded: 1, running: 0, pending: 0, aborted: 3, total: 4 },
      executionCounts: { succeeded: 1, running: 0, pending: 0, aborted: 3, total: 4 },
    });
    const stayed = some?.children.filter(({ status }) => status === 'RUNNING') ?? [];
    const aborted = someAfter?.children.filter(({ status }) => status === 'ABORTED') ?? [];
    expect(stayed).toHaveLength(2);
    expect(aborted.map(({ events }) => events?.slice(0, -1))).toEqual(stayed.map(({ events }) => events));
    for (const { events, error } of aborted) {
      expect(error).toBe('Sandbox.Stopped');
      expect(events?.at(-1)?.type).toBe('ExecutionAborted');
    }
    const taken = some?.children.find(({ status }) => status === 'SUCCEEDED');
    expect(taken).toBeDefined();
    expect(someAfter?.children).toContainEqual(taken);

    const stopped = aborted[0]?.runs;
    expect(stopped?.definition).toContain('Stay');
    after.destroy();
  });
});
