import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '@stepcast/sandbox';
import { startTestSandbox } from '../support/sandbox.ts';

const fn = (name: string) => `arn:aws:lambda:us-east-1:111122223333:function:${name}`;
const machine = (states: object) => JSON.stringify({ StartAt: 'Wait', States: states });
const first = machine({
  Wait: { Type: 'Wait', Seconds: 1_000, Next: 'Say' },
  Say: { Type: 'Task', Resource: fn('say'), Next: 'Flaky' },
  Flaky: {
    Type: 'Task',
    Resource: 'arn:aws:states:::aws-sdk:rekognition:detectLabels',
    Parameters: {},
    Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 100 }],
    ResultPath: '$.labels',
    End: true,
  },
});
const second = machine({
  Wait: { Type: 'Pass', Next: 'Say' },
  Say: { Type: 'Task', Resource: fn('say'), End: true },
});
const saying = (word: string) => `export const say = async () => ({ said: '${word}' });`;

let folder = '';
let sandbox: Sandbox;
let sfn: SFNClient;
const lines: string[] = [];
let heard: () => void = () => undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepcast-watch-'));
  await put('w.asl.json', first);
  await put('handlers.mjs', saying('one'));
  const standIns = JSON.stringify({
    states: { Flaky: { seconds: 500, fails: { error: 'Busy', times: 1 } } },
  });
  await put('stand-ins.json', standIns);
  sandbox = await startTestSandbox({
    argv: [
      '--definition',
      join(folder, 'w.asl.json'),
      '--handlers',
      join(folder, 'handlers.mjs'),
      '--stand-ins',
      join(folder, 'stand-ins.json'),
      '--speed',
      '1000',
      '--watch',
    ],
    say: (line) => {
      lines.push(line);
      heard();
    },
  });
  sfn = new SFNClient({
    region: sandbox.info.region,
    credentials: sandbox.access.root,
    endpoint: sandbox.info.endpoints.stepFunctions,
  });
});
afterAll(async () => {
  sfn.destroy();
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
});

/** As an editor does: a new file in place of the old one. */
async function put(name: string, text: string): Promise<void> {
  await writeFile(join(folder, `.${name}.new`), text);
  await rename(join(folder, `.${name}.new`), join(folder, name));
}

/** Changes a file, and gives the line that is said of it. */
async function change(name: string, text: string): Promise<string> {
  const before = lines.length;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  heard = () => resolve(undefined);
  await put(name, text);
  await promise;
  return lines.slice(before).join('\n');
}

const start = async () => {
  const { executionArn } = await sfn.send(
    new StartExecutionCommand({ stateMachineArn: sandbox.info.stateMachineArn, input: '{"labels":1}' }),
  );
  return executionArn ?? '';
};
async function ended(executionArn: string) {
  for (;;) {
    const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (execution.status !== 'RUNNING') return execution;
  }
}

describe('a watched workflow', () => {
  it('runs its waits, retries and stand-ins at the speed that is set, and its stand-ins fail as they are set to', async () => {
    const executionArn = await start();
    expect(await ended(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
    const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(
      events
        .filter(({ type }) => type === 'TaskFailed')
        .map(({ taskFailedEventDetails }) => taskFailedEventDetails?.error),
    ).toEqual(['Busy']);
    const [from, to] = [events[0]?.timestamp?.getTime() ?? 0, events.at(-1)?.timestamp?.getTime() ?? 0];
    // 1,000 s of waiting, twice 500 s of a stand-in and 100 s before the retry, a thousand times faster.
    expect(to - from).toBeGreaterThanOrEqual(2_000);
    expect(to - from).toBeLessThan(20_000);
    expect(sandbox.info).toMatchObject({
      standIns: ['arn:aws:states:::aws-sdk:rekognition:detectLabels'],
      standInStates: ['Flaky'],
    });
  });

  it('keeps the version before when a file is broken, and says so on one line', async () => {
    expect(await change('w.asl.json', '{\n "StartAt": }')).toMatch(
      /^Not reloaded, the version before stays: .*w\.asl\.json is not JSON: it breaks at line 2, column 13$/,
    );
    expect(await change('w.asl.json', first.replace('"Type":"Wait"', '"Type":"Nope"'))).toMatch(
      /^Not reloaded, [^\n]*w\.asl\.json: [^\n]*States\.Wait\.Type[^\n]*$/,
    );
    expect(await change('w.asl.json', first)).toMatch(/^Reloaded .*w\.asl\.json/);
    expect(await change('handlers.mjs', 'export const say = ')).toMatch(
      /^Not reloaded, [^\n]*handlers\.mjs[^\n]*$/,
    );
    expect(await change('handlers.mjs', saying('one'))).toMatch(/^Reloaded/);
    expect(await change('stand-ins.json', '{}')).toMatch(/^Reloaded/);
  });

  it('lets what runs end with the definition that it began with, and starts the next with the new one', async () => {
    const before = await start();
    expect(await change('w.asl.json', second)).toMatch(/^Reloaded/);
    expect(await change('handlers.mjs', saying('two'))).toMatch(/^Reloaded/);
    const after = await start();
    expect(await ended(after)).toMatchObject({ status: 'SUCCEEDED', output: '{"said":"two"}' });
    expect(await ended(before)).toMatchObject({ status: 'SUCCEEDED' });
    const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn: before }));
    expect(events.some(({ type }) => type === 'WaitStateExited')).toBe(true);
    expect(sandbox.info.standIns).toEqual([]);
  });
});

it('says on a line that the folder of a watched file has gone, and runs on', async () => {
  const own = await mkdtemp(join(tmpdir(), 'stepcast-gone-'));
  const definition = join(own, 'w.asl.json');
  await writeFile(definition, second);
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const said: string[] = [];
  const other = await startTestSandbox({
    argv: ['--definition', definition, '--watch'],
    say: (line) => {
      said.push(line);
      if (line.startsWith('Not watched any more')) resolve(undefined);
    },
  });
  await rm(own, { recursive: true });
  await promise;
  expect(said[0]).toMatch(/^Not reloaded, the version before stays: .*there is no such file/);
  expect((await fetch(`${other.url}/sandbox.json`)).status).toBe(200);
  await other.stop();
});

it('runs a workflow out of a template, with the machines beside it', async () => {
  const templates = join(import.meta.dirname, '../../services/sandbox/src/templates/testing/synthesized');
  const argv = ['--cdk', templates, '--state-machine', 'PhotoPipeline', '--speed', '100'];
  const other = await startTestSandbox({ argv });
  const { stateMachineArn, standInStates, endpoints, region } = other.info;
  expect(standInStates).toEqual(['Name the photo']);
  const client = new SFNClient({ region, credentials: other.access.root, endpoint: endpoints.stepFunctions });
  const input = '{"key":"k"}';
  const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn, input }));
  let status: string | undefined;
  while (status === undefined || status === 'RUNNING')
    ({ status } = await client.send(new DescribeExecutionCommand({ executionArn })));
  expect(status).toBe('SUCCEEDED');
  const { executions } = await client.send(
    new ListExecutionsCommand({ stateMachineArn: stateMachineArn.replace(/[^:]+$/, 'Parts') }),
  );
  expect(executions?.map((one) => one.status)).toEqual(['SUCCEEDED']);
  client.destroy();
  await other.stop();
});
