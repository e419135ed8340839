import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeExecutionCommand, paginateGetExecutionHistory, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '@stepcast/sandbox';
import { postJson } from '../../support/awslogs.ts';
import { signIn, type Keys } from '../../support/person.ts';
import { recordIngest } from './recordings.ts';
import { startTestSandbox } from '../../support/sandbox.ts';

const input = { bucket: 'somewhere', key: 'something' };
const fromFile = recordIngest(1, 'from-file', input).parent;
const posted = recordIngest(2, 'posted', input).parent;

let folder: string;
let sandbox: Sandbox;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepcast-recording-'));
  const file = join(folder, 'recording.json');
  await writeFile(file, JSON.stringify(fromFile.recording));
  sandbox = await startTestSandbox({ argv: ['--recording', file] });
});

afterAll(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
});

const post = (body: unknown) => postJson(`${sandbox.url}/executions`, body);

function client(credentials: Pick<Keys, 'accessKeyId' | 'secretAccessKey'>): SFNClient {
  const { region, endpoints } = sandbox.info;
  return new SFNClient({ region, endpoint: endpoints.stepFunctions, credentials });
}

describe('an execution that is imported', () => {
  it.each([
    ['from a file at the start', fromFile],
    ['by POST /executions', posted],
  ])('%s is answered for to stock clients, page by page', async (_name, one) => {
    const { executionArn, logRecords } = one;
    if (one === posted) {
      const answer = await post(one.recording);
      expect([answer.status, await answer.json()]).toEqual([
        201,
        { executionArn, status: 'SUCCEEDED', events: logRecords.length },
      ]);
    }
    const operator = client(sandbox.access.root);
    expect(await operator.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
      status: 'SUCCEEDED',
      redriveCount: 1,
      startDate: new Date('2026-11-03T10:15:30.000Z'),
      redriveDate: expect.any(Date),
      input: JSON.stringify(input),
    });
    const events = [];
    for await (const page of paginateGetExecutionHistory(
      { client: operator, pageSize: 50 },
      { executionArn },
    ))
      events.push(...(page.events ?? []));
    expect(events.map(({ id, type }) => `${id ?? 0} ${type ?? ''}`)).toEqual(
      logRecords.map((text) => (/^\{"id":"(\d+)","type":"(\w+)"/.exec(text) ?? []).slice(1).join(' ')),
    );
    expect(events.find(({ type }) => type === 'ExecutionRedriven')?.executionRedrivenEventDetails).toEqual({
      redriveCount: 1,
    });
    operator.destroy();
  });

  it('is withheld from everybody who may not ask Step Functions', async () => {
    const alice = await signIn(sandbox.info, 'alice');
    const { executionArn } = fromFile;
    const answer = client(alice.keys).send(new DescribeExecutionCommand({ executionArn }));
    await expect(answer).rejects.toMatchObject({ name: expect.stringMatching(/AccessDenied/) });
  });

  it.each<[string, number, string, unknown, RegExp]>([
    ['that is no JSON', 400, 'application/json', '{', /the body is wrong: \$: not JSON/],
    [
      'that is no recording',
      400,
      'application/json',
      { execution: {} },
      /\$\.execution\.executionArn.*get-execution-history/,
    ],
    ['that a page of another origin could send', 415, 'text/plain', posted.recording, /media type/i],
  ])('from a body %s is refused (%i), and why', async (_name, status, contentType, body, reason) => {
    const answer = await fetch(`${sandbox.url}/executions`, {
      method: 'POST',
      headers: { 'content-type': contentType, 'x-stepcast-token': sandbox.token },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    expect([answer.status, await answer.json()]).toEqual([
      status,
      {
        error: {
          code: 'SANDBOX_RECORDING_INVALID',
          message: expect.stringMatching(reason),
          retryable: false,
        },
      },
    ]);
  });

  it('over one that the sandbox has run is refused (409)', async () => {
    const { stateMachineArn } = sandbox.info;
    const { executionArn } = sandbox.emulation.stepFunctions.startExecution({
      stateMachineArn,
      name: 'mine',
    });
    const answer = await post({
      execution: { executionArn, stateMachineArn, name: 'mine', status: 'RUNNING', startDate: 1 },
      history: { events: [{ id: 1, previousEventId: 0, type: 'ExecutionStarted', timestamp: 1 }] },
    });
    expect([answer.status, await answer.json()]).toMatchObject([
      409,
      { error: { code: 'SANDBOX_RECORDING_REFUSED', message: expect.stringContaining(executionArn) } },
    ]);
  });

  it.each([
    ['is not there', 'absent.json', undefined, /--recording .*absent\.json cannot be read/],
    ['is no JSON', 'broken.json', '{', /--recording .*broken\.json: the file is wrong: \$: not JSON/],
    ['is no recording', 'empty.json', '{}', /--recording .*empty\.json: the recording does not read/],
  ])(
    'from a file that %s keeps the sandbox from starting, and says so',
    async (_name, name, text, reason) => {
      const file = join(folder, name);
      if (text !== undefined) await writeFile(file, text);
      await expect(startTestSandbox({ argv: ['--recording', file] })).rejects.toThrow(reason);
    },
  );
});
