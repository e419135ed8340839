import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutRetentionPolicyCommand } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATOR_ROLE_NAME } from '@stepcast/policies';
import type { Sandbox } from '@stepcast/sandbox';
import { writeQuickWorkflow } from '../../chaos/sandbox-client.ts';
import { postJson, subscriptionPayload } from '../../support/awslogs.ts';
import { signIn } from '../../support/person.ts';
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
  withLogs,
  withoutEstimates,
} from './rebuilding.ts';

const TASK_MS = 300;
const DAY_MS = 86_400_000;
const SINCE = new Date(Date.now() - DAY_MS).toISOString();

let directory: string;
let workflow: Awaited<ReturnType<typeof writeQuickWorkflow>>;
let original: Sandbox;
let rebuilt: Sandbox;
let asked: string[] = [];
let denied: string | undefined;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepcast-logs-'));
  workflow = await writeQuickWorkflow(4, TASK_MS);
  const { argv } = workflow;
  [original, rebuilt] = [await startTestSandbox({ argv }), await startTestSandbox({ argv })];
  const { authorizer } = rebuilt.access;
  const decide = authorizer.authorize.bind(authorizer);
  authorizer.authorize = (request) => {
    const { principal, action } = request;
    asked.push(action);
    return principal.kind === 'service' && principal.roleName === OPERATOR_ROLE_NAME && action === denied
      ? { allowed: false, reason: `no identity-based policy allows the ${action} action` }
      : decide(request);
  };
});
afterAll(async () => {
  await Promise.all([original.stop(), rebuilt.stop()]);
  await workflow.remove();
  await rm(directory, { recursive: true, force: true });
});

const backfill = (sandbox: Sandbox, logGroup: string, ...line: readonly string[]) =>
  stepcast(
    'backfill',
    '--from',
    'logs',
    '--log-group',
    logGroup,
    '--since',
    SINCE,
    ...line,
    '--endpoint',
    sandbox.url,
  );

interface Written {
  readonly id: number;
  readonly type: string;
  readonly details?: object;
}

/** Log records of an execution that no Step Functions here has. */
function messagesOf(executionArn: string, records: readonly Written[]) {
  const beganMs = Date.now() - 60_000;
  return records.map(({ id, type, details = {} }) => ({
    stream: 'states/MyWorkflow/2026-11-03-10-15/00000000',
    timestamp: beganMs + id,
    message: JSON.stringify({
      id: String(id),
      type,
      details,
      previous_event_id: String(id - 1),
      event_timestamp: String(beganMs + id),
      execution_arn: executionArn,
      redrive_count: '0',
    }),
  }));
}

/** An input as EventBridge makes it. */
const inputOf = (bucket: string, key: string) =>
  JSON.stringify({
    version: '0',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    time: '2026-11-03T10:15:00Z',
    detail: {
      bucket: { name: bucket },
      object: { key, size: 5, etag: 'b1946ac92492d2347c6235b4d2611184', sequencer: '00617F08299329D189' },
    },
  });

const express = (name: string) => `arn:aws:states:us-east-1:111122223333:express:MyWorkflow:${name}:0a1b2c3d`;

/** The records of a small Express execution about an object of somebody who exists. */
async function expressRun(name: string, change: object = {}) {
  const { identityId } = await signIn(rebuilt.info, 'bob');
  const key = `users/${identityId}/${name}.txt`;
  const details = { input: inputOf(rebuilt.info.bucket, key), inputDetails: { truncated: false }, ...change };
  const executionArn = express(name);
  const messages = messagesOf(executionArn, [
    { id: 1, type: 'ExecutionStarted', details },
    { id: 2, type: 'PassStateEntered', details: { name: 'One' } },
    { id: 3, type: 'PassStateExited', details: { name: 'One' } },
    { id: 4, type: 'ExecutionSucceeded' },
  ]);
  return { executionArn, messages };
}

describe('stepcast backfill --from logs', () => {
  it('builds from log records the very journal that there was, reading no history, and nothing the second time', async () => {
    const { uploadId, executionArn } = await uploadToEnd(original, 'alice', 'logged.txt');
    // Elsewhere the journal is gone. The history is there, so that the name of the execution is taken.
    const imported = await postJson(`${rebuilt.url}/executions`, await recordingOf(original, executionArn));
    expect(imported.status).toBe(201);
    await restoreLog(rebuilt, '/stepcast/restored/managed', await logOf(original));

    const planned = await backfill(rebuilt, '/stepcast/restored/managed', '--dry-run');
    expect(planned.out).toContain('1 execution would be built. Nothing was sent (--dry-run).');
    expect((await stepcast('lookup', uploadId, '--endpoint', rebuilt.url)).code).toBe(4);
    asked = [];
    const ran = await backfill(rebuilt, '/stepcast/restored/managed', executionArn);
    expect(ran.err).not.toContain('stepcast:');
    expect(ran.out).toMatch(
      new RegExp(`^${executionArn}: built from the log \\(upload ${uploadId}, offset \\d+\\)\n$`),
    );
    expect(ran.code).toBe(0);
    expect(asked).toContain('logs:FilterLogEvents');
    expect(asked).not.toContain('states:GetExecutionHistory');

    const [before, after] = [await shown(original, uploadId), await shown(rebuilt, uploadId)];
    expect(before.events.length).toBeGreaterThan(8);
    // A percentage is an estimate. The first time there was none before the definition of the workflow had been read.
    const events = after.events.map((event, at) =>
      before.events[at]?.percent === undefined ? { ...event, percent: undefined } : event,
    );
    expect({ ...after, events }).toEqual(before);
    expect(await correlationOf(rebuilt, uploadId)).toBe(await correlationOf(original, uploadId));

    const again = await backfill(rebuilt, '/stepcast/restored/managed', executionArn);
    expect(again.out).toContain('the journal has it to its end');
    expect(await shown(rebuilt, uploadId)).toEqual(after);
  });

  it('builds an Express execution, of which there is nothing but its log records', async () => {
    const { executionArn, messages } = await expressRun('express');
    // The first time they came by the subscription filter.
    await postJson(`${original.url}/awslogs`, subscriptionPayload(messages.map(({ message }) => message)));
    await until('the end of the Express execution', async () =>
      /status +succeeded/.test((await stepcast('lookup', executionArn, '--endpoint', original.url)).out),
    );
    await restoreLog(rebuilt, '/stepcast/restored/express', messages);
    const ran = await backfill(rebuilt, '/stepcast/restored/express');
    expect({ code: ran.code, out: ran.out }).toEqual({
      code: 0,
      out: expect.stringContaining(`${executionArn}: built from the log (upload `),
    });
    const uploadId = /upload ([a-z2-7]{26})/.exec(ran.out)?.[1] ?? '';
    // The original may have learned how long such executions take while it ran.
    expect(withoutEstimates(await shown(rebuilt, uploadId))).toBe(
      withoutEstimates(await shown(original, uploadId)),
    );
    expect(await correlationOf(rebuilt, uploadId)).toBe(await correlationOf(original, uploadId));
    // The event of the upload, which would have started the workflow, was not sent.
    expect(await epochsOf(rebuilt, uploadId)).toHaveLength(1);
    expect((await epochsOf(rebuilt, uploadId))[0]?.executions).toHaveLength(1);
  });

  it('lets out of inputs and outputs what the deployment does', async () => {
    const { executionArn, messages } = await expressRun('projected');
    const output = { output: '{"pages":3,"secret":"s"}', outputDetails: { truncated: false } };
    const last = messages.at(-1)!;
    await restoreLog(rebuilt, '/stepcast/restored/projected', [
      ...messages.slice(0, -1),
      { ...last, message: last.message.replace('"details":{}', `"details":${JSON.stringify(output)}`) },
    ]);
    const file = join(directory, 'projections.json');
    await writeFile(file, '[{"name":"pages","on":"output","expression":"pages"}]');
    const ran = await backfill(rebuilt, '/stepcast/restored/projected', executionArn, '--projections', file);
    expect(ran.code).toBe(0);
    const uploadId = /upload ([a-z2-7]{26})/.exec(ran.out)?.[1] ?? '';
    const events = JSON.stringify((await shown(rebuilt, uploadId)).events);
    expect(events).toContain('"pages":3');
    expect(events).not.toContain('secret');
    await writeFile(file, '[{"name":"pages"}]');
    expect(await backfill(rebuilt, '/stepcast/restored/projected', '--projections', file)).toMatchObject({
      code: 65,
      err: expect.stringContaining(`--projections ${file}: `),
    });
  });
});

describe('stepcast backfill --from logs, given', () => {
  it.each([
    [['--from', 'logs', '--since', SINCE], '--from logs needs --log-group'],
    [['--from', 'logs', '--log-group', 'g'], '--from logs needs --since'],
    [['--from', 'logs', '--log-group', 'g', '--since', 'soon'], '--since is no time such as'],
    [
      ['--from', 'logs', '--log-group', 'g', '--since', SINCE, '--until', '2020-01-01'],
      `--since ${SINCE} is after --until 2020-01-01T00:00:00.000Z`,
    ],
    [['--from', 'tape'], '--from is history or logs'],
    [['--log-group', 'g', express('x')], '--dry-run go with --from logs'],
    [[], 'no execution is named'],
  ])('%j, says what is missing', async (line, problem) => {
    const { code, err } = await stepcast('backfill', ...line, '--endpoint', rebuilt.url);
    expect({ code, err }).toEqual({ code: 64, err: expect.stringContaining(problem) });
  });

  it('a log group that is not there, says so', async () => {
    expect(await backfill(rebuilt, '/stepcast/none')).toMatchObject({
      code: 4,
      err: expect.stringMatching(
        /^stepcast: there is no log group \/stepcast\/none here\n"aws stepfunctions/,
      ),
    });
  });

  it('no right to the log group, says which is missing', async () => {
    denied = 'logs:FilterLogEvents';
    const refused = await backfill(rebuilt, rebuilt.info.logGroupName);
    denied = undefined;
    expect(refused).toMatchObject({
      code: 77,
      out: '',
      err: expect.stringContaining(
        'stepcast: not allowed: your credentials lack logs:FilterLogEvents on arn:aws:logs:us-east-1:111122223333:log-group:/aws/vendedlogs/states/MyWorkflow-Logs',
      ),
    });
  });

  it('a range in which nothing is, and one that is older than the log group keeps', async () => {
    const { messages, executionArn } = await expressRun('expired');
    await restoreLog(
      rebuilt,
      '/stepcast/restored/expired',
      messages.map((one) => ({ ...one, timestamp: one.timestamp - 2 * DAY_MS })),
    );
    const empty = await backfill(
      rebuilt,
      '/stepcast/restored/expired',
      '--until',
      SINCE.replace(/\.\d+Z/, '.999Z'),
    );
    expect(empty).toMatchObject({
      code: 4,
      out: '',
      err: expect.stringContaining(
        'stepcast: no record of an execution is in /stepcast/restored/expired from',
      ),
    });
    expect(empty.err).not.toContain('keeps');
    await withLogs(rebuilt, (logs) =>
      logs.send(
        new PutRetentionPolicyCommand({ logGroupName: '/stepcast/restored/expired', retentionInDays: 1 }),
      ),
    );
    const early = ['--since', new Date(Date.now() - 3 * DAY_MS).toISOString()];
    expect(await backfill(rebuilt, '/stepcast/restored/expired', ...early)).toMatchObject({
      code: 4,
      err: expect.stringContaining('The log group keeps 1 day: older records are gone.'),
    });
    expect(await backfill(rebuilt, '/stepcast/restored/expired', ...early, executionArn)).toMatchObject({
      code: 4,
    });
  });

  it('an input that the log cut, asks Step Functions, and says so where that has it no more', async () => {
    const cut = { input: '{"detail-type":"Object Cre', inputDetails: { truncated: true } };
    const { executionArn, messages } = await expressRun('truncated', cut);
    await restoreLog(rebuilt, '/stepcast/restored/truncated', messages);
    expect(await backfill(rebuilt, '/stepcast/restored/truncated', executionArn)).toMatchObject({
      code: 4,
      out: `${executionArn}: nothing names its upload: its input was too long for the log, which cut it, and an Express execution is nowhere else\n`,
    });
    const ended = await uploadToEnd(original, 'alice', 'cut.txt');
    await postJson(`${rebuilt.url}/executions`, await recordingOf(original, ended.executionArn));
    const log = (await logOf(original)).filter(({ message }) => message.includes(ended.executionArn));
    await restoreLog(
      rebuilt,
      '/stepcast/restored/cut',
      log.map((one) => ({
        ...one,
        message: one.message.replace(/"input":"(?:[^"\\]|\\.)*"/, `"input":"{\\"cut"`),
      })),
    );
    const ran = await backfill(rebuilt, '/stepcast/restored/cut', ended.executionArn);
    expect(ran.out).toContain('built from the log (upload');
    expect(await correlationOf(rebuilt, ended.uploadId)).toBe(await correlationOf(original, ended.uploadId));
  });

  it('a log without inputs or with records missing, sends nothing but where it is asked to', async () => {
    const excluded = await expressRun('excluded', { input: undefined, inputDetails: undefined });
    const short = await expressRun('short');
    await restoreLog(rebuilt, '/stepcast/restored/short', [
      ...excluded.messages,
      ...short.messages.filter((_one, index) => index !== 1),
      { ...short.messages[0]!, message: `{"execution_arn":"${short.executionArn}","id":"x"}` },
      { ...short.messages[0]!, message: 'the group was made by hand' },
    ]);
    const ran = await backfill(rebuilt, '/stepcast/restored/short');
    expect(ran.code).toBe(4);
    expect(ran.out).toContain(
      `${excluded.executionArn}: nothing names its upload: the log has no inputs (includeExecutionData is off)`,
    );
    expect(ran.out).toContain(
      `${short.executionArn}: the log lacks records 2, and an Express execution is nowhere else; --since and --until may be too close. --with-gaps sends what there is`,
    );
    expect(ran.err).toContain('Left out: 1 log record that cannot be read (the first: $.id: ');
    expect((await stepcast('lookup', short.executionArn, '--endpoint', rebuilt.url)).code).toBe(4);
    const gaps = await backfill(rebuilt, '/stepcast/restored/short', short.executionArn, '--with-gaps');
    expect({ code: gaps.code, out: gaps.out }).toEqual({
      code: 0,
      out: expect.stringContaining(`${short.executionArn}: built from the log`),
    });
    const uploadId = /upload ([a-z2-7]{26})/.exec(gaps.out)?.[1] ?? '';
    expect(JSON.stringify((await shown(rebuilt, uploadId)).events)).toContain('gapDeclared');
  });

  it('a Standard execution whose log has gaps, has them filled from the history', async () => {
    const ended = await uploadToEnd(original, 'alice', 'gaps.txt');
    await postJson(`${rebuilt.url}/executions`, await recordingOf(original, ended.executionArn));
    const log = (await logOf(original)).filter(({ message }) => message.includes(ended.executionArn));
    await restoreLog(
      rebuilt,
      '/stepcast/restored/gaps',
      log.filter(({ message }) => !/"id":"[456]"/.test(message)),
    );
    const ran = await backfill(rebuilt, '/stepcast/restored/gaps', ended.executionArn);
    expect(ran.out).toContain('built from the log, with its gaps filled from the history (upload');
    const [before, after] = [await shown(original, ended.uploadId), await shown(rebuilt, ended.uploadId)];
    const kinds = ({ events }: typeof before) => events.map((event) => event.kind);
    expect(kinds(after)).toEqual(kinds(before));
  });
});
