import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { compilePolicy, evaluate, operatorPolicy } from '@stepcast/policies';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { runCli } from '../../cli.ts';
import { processEnvironment } from '../../config.ts';
import { openStackAccount, OUTPUTS, STACK_ID, type StackAccount } from '../../testing/stack-account.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'main.ts');
const people = ['a', 'b', 'c', 'd', 'e'].map((one) => `us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5${one}`);

let account: StackAccount;
beforeEach(async () => {
  account = await openStackAccount(people);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await account.close();
});

/** Runs the command as an operator does, in a process of its own. */
async function stepcast(...words: readonly string[]) {
  const child = spawn(process.execPath, ['--conditions=stepcast-source', MAIN, ...words], {
    env: {
      PATH: processEnvironment['PATH'],
      NODE_COMPILE_CACHE: processEnvironment['NODE_COMPILE_CACHE'],
      AWS_ENDPOINT_URL: account.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'x',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { out, err, code };
}

const Answer = z.object({
  schema: z.literal('stepcast.destroy/v1'),
  deleted: z.boolean(),
  detached: z.number(),
  settings: z.record(z.string(), z.unknown()),
});

it('detaches everybody page by page, deletes the stack, and prints the settings of the next deployment', async () => {
  const { out, err, code } = await stepcast('destroy', 'stepcast-dev', '--yes', '--json');
  expect({ code, err }).toEqual({
    code: 0,
    err: expect.stringContaining('detached stepcast-dev-identity from 5 identities'),
  });
  expect(account.attached).toEqual([]);
  expect(account.stack.status).toBe('DELETE_COMPLETE');
  expect(Answer.parse(JSON.parse(out))).toEqual({
    schema: 'stepcast.destroy/v1',
    deleted: true,
    detached: 5,
    settings: {
      stage: 'dev',
      bucket: OUTPUTS.Bucket,
      journalTable: OUTPUTS.JournalTable,
      userPool: { userPoolId: OUTPUTS.UserPoolId, userPoolClientId: OUTPUTS.UserPoolClientId },
      identityPool: { identityPoolId: OUTPUTS.IdentityPoolId, newRoles: true },
    },
  });
});

it('needs the rights of its document, all of them, and no other', async () => {
  await stepcast('destroy', 'stepcast-dev', '--yes');
  const scope = { partition: 'aws', region: 'us-east-1', accountId: '111122223333' };
  const document = operatorPolicy(scope, ['destroy']);
  const identity = [compilePolicy(document)];
  const may = (action: string, resource: string) =>
    evaluate({ identity }, { action, resource, context: {} }).allowed;
  // Without a stage the document covers every stage but for the policy, whose name is whole.
  const staged = [compilePolicy(operatorPolicy({ ...scope, stage: 'dev' }, ['destroy']))];
  const refused = account.calls.filter(
    ({ action, resource }) => !evaluate({ identity: staged }, { action, resource, context: {} }).allowed,
  );
  expect(refused).toEqual([]);
  const used = new Set(account.calls.map(({ action }) => action));
  expect(
    document.Statement.flatMap(({ Action = [] }) => Action).filter((action) => !used.has(action)),
  ).toEqual([]);
  for (const [action, resource] of [
    ['cloudformation:DeleteStack', 'arn:aws:cloudformation:us-east-1:111122223333:stack/orders/0a1b'],
    ['cloudformation:UpdateStack', STACK_ID],
    ['iot:AttachPolicy', people[0] ?? ''],
    ['iot:DeletePolicy', 'arn:aws:iot:us-east-1:111122223333:policy/stepcast-identity'],
    ['s3:DeleteBucket', 'arn:aws:s3:::stepcast-uploads-111122223333-us-east-1'],
    ['dynamodb:DeleteTable', 'arn:aws:dynamodb:us-east-1:111122223333:table/stepcast-journal'],
  ] as const)
    expect([action, may(action, resource)]).toEqual([action, false]);
});

it('changes nothing with --dry-run, and says what stays', async () => {
  const { out, err, code } = await stepcast('destroy', 'stepcast-dev', '--dry-run');
  expect(code).toBe(0);
  expect(err).toContain('3 resources. These stay:');
  expect(err).toContain(OUTPUTS.Bucket);
  expect(out).toContain(`"journalTable": "${OUTPUTS.JournalTable}"`);
  expect(account.attached).toEqual(people);
  expect(account.calls.map(({ action }) => action)).toEqual([
    'cloudformation:DescribeStacks',
    'cloudformation:ListStackResources',
  ]);
});

it('says of a stack whose first deployment failed how it goes, where it once said that it was none of Stepcast', async () => {
  account.stack.status = 'ROLLBACK_COMPLETE';
  const { err, code } = await stepcast('destroy', 'stepcast-dev', '--yes');
  expect(code).toBe(64);
  expect(err).toMatch(
    /^stepcast: stepcast-dev is ROLLBACK_COMPLETE: [^\n]*aws cloudformation delete-stack --stack-name stepcast-dev --region us-east-1\n$/,
  );
  expect(account.attached).toEqual(people);
});

it('changes nothing where the name is not typed, and prints no settings for what is still deployed', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL', account.endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAIOSFODNN7EXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli(['destroy', 'stepcast-dev', '--region', 'us-east-1'], {
    environment: {},
    nowMs: Date.now,
    terminal: {
      out: (text) => out.push(text),
      err: (text) => err.push(text),
      style: { color: false, width: 100 },
      confirmation: { confirm: () => Promise.resolve(true), type: () => Promise.resolve('y') },
      readInput: () => Promise.resolve(''),
    },
  });
  expect({ code, out: out.join('').trim() }).toEqual({ code: 1, out: '' });
  expect(err.join('')).toContain('Nothing was changed.');
  expect(account.attached).toEqual(people);
});

it('asks nobody where nobody can answer, and changes nothing', async () => {
  const { err, code } = await stepcast('destroy', 'stepcast-dev');
  expect(code).toBe(64);
  expect(err).toContain('nobody can be asked here; add --yes');
  expect(account.attached).toEqual(people);
});
