import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonOfText, type Json } from '@stepcast/asl-interpreter';
import { runCheck } from '../check/run-check.ts';
import { chooseMachine, findMachines } from './find-machines.ts';

const where = { region: 'eu-west-1', accountId: '111122223333' };
const functionArn = (name: string) => `arn:aws:lambda:eu-west-1:111122223333:function:${name}`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepcast-serverless-'));
  await file('machines.yml', 'asked:\n  definition: ${file(./asked.json)}\n');
  await file('asked.json', { StartAt: 'A', States: { A: { Type: 'Succeed' } } });
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function read(path: string, name?: string): Promise<Json | undefined> {
  const { text } = await chooseMachine(await findMachines(path, '--serverless', where), name, path).read();
  return jsonOfText(text);
}

const check = async (path: string) =>
  runCheck(
    { files: [path], template: undefined, json: false },
    { where, functions: [], hasService: () => false },
  );

const service = `
service: payments
functions:
  get-users: { handler: a.b }
  saveResult: { handler: c.d, name: save-result }
stepFunctions:
  stateMachines:
    batch:
      name: \${self:service}-batch
      definition:
        StartAt: Get
        States:
          Get: { Type: Task, Resource: !GetAtt get-users.Arn, Next: Save }
          Save: { Type: Task, Resource: { Fn::GetAtt: [SaveResultLambdaFunction, Arn] }, Next: Tell }
          Tell: { Type: Task, Resource: arn:aws:states:::sns:publish, Parameters: { TopicArn: !Ref Topic }, End: true }
resources:
  Resources:
    Topic: { Type: AWS::SNS::Topic, Properties: { TopicName: notices } }
`;

describe('a serverless.yml', () => {
  it('gives the definition, with functions by their keys or names, and resources', async () => {
    expect(await read(await file('serverless.yml', service), 'batch')).toMatchObject({
      States: {
        Get: { Resource: functionArn('get-users') },
        Save: { Resource: functionArn('save-result') },
        Tell: { Parameters: { TopicArn: 'arn:aws:sns:eu-west-1:111122223333:notices' } },
      },
    });
  });

  it('was refused: it is read by --check when it is named like a definition', async () => {
    const { report, isRefused } = await check(await file('serverless.yml', service));
    expect(isRefused).toBe(false);
    expect(report).toMatch(/serverless\.yml: \$\{self:service\}-batch: runs with stand-ins/);
  });

  it('follows its files', async () => {
    const path = await file('split.yml', 'stepFunctions:\n  stateMachines: ${file(machines.yml)}\n');
    expect(await read(path)).toMatchObject({ StartAt: 'A' });
  });

  it('was refused: a catcher that states share, by a variable', async () => {
    const text = `
custom:
  caught: { ErrorEquals: [States.ALL], Next: Caught }
  shared: \${self:custom.caught}
  seconds: 4
  arn: arn:aws:states:::sns:publish
stepFunctions:
  stateMachines:
    leads:
      definition:
        StartAt: Receive
        States:
          Receive:
            Type: Task
            Resource: \${self:custom.arn}
            TimeoutSeconds: \${self:custom.seconds}
            Catch: ['\${self:custom.shared}']
            End: true
          Caught: { Type: Fail }
`;
    const path = await file('shared.yml', text);
    expect(await read(path)).toMatchObject({
      States: {
        Receive: {
          Resource: '${self:custom.arn}',
          TimeoutSeconds: 4,
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }],
        },
      },
    });
    expect(await check(path)).toMatchObject({ isRefused: false });
  });

  it('says that a variable leads to itself', async () => {
    const text = `
custom: { a: ['\${self:custom.a}', '\${self:custom.a}'] }
stepFunctions:
  stateMachines: { loop: { definition: { StartAt: A, States: { A: { Type: Pass, Catch: '\${self:custom.a}' } } } } }
`;
    const { report, isRefused } = await check(await file('itself.yml', text));
    expect(isRefused).toBe(true);
    expect(report).toMatch(/\$\{self:custom\.a\} leads from variable to variable/);
  });

  it.each(['Resources: {}', 'a: [b\nc: d'])(
    'ended without JSON: a template that holds no state machine or is no YAML, with --check --json (%j)',
    async (text) => {
      const path = await file('nothing.yaml', text);
      const { report, isRefused } = await runCheck(
        {
          files: [],
          template: { kind: 'template', option: '--sam', path, stateMachine: undefined },
          json: true,
        },
        { where, functions: [], hasService: () => false },
      );
      expect(isRefused).toBe(true);
      expect(JSON.parse(report)).toMatchObject({
        definitions: [{ file: path, verdict: 'refused', problems: [{ code: 'UNREADABLE' }] }],
      });
    },
  );

  it.each([
    ['a circle of files', 'stepFunctions: ${file(circle.yml):stepFunctions}', /leads from file to file/],
    [
      'a file that is not there',
      'stepFunctions: ${file(gone.yml)}',
      /gone\.yml\}?\)?.* cannot be read: ENOENT/,
    ],
    ['no state machine', 'stepFunctions: {}', /it has no stepFunctions\.stateMachines/],
    [
      'a machine without a definition',
      'stepFunctions: { stateMachines: { a: {} } }',
      /stateMachines\.a has no definition/,
    ],
  ])('says what is wrong: %s', async (_what, text, expected) => {
    const { report, isRefused } = await check(await file('circle.yml', text));
    expect(isRefused).toBe(true);
    expect(report).toMatch(expected);
  });

  it.each([
    ['template.yaml', 'Resources: {}', /It is a template of CloudFormation: name it by --sam/],
    ['main.tf', 'resource "aws_sfn_state_machine" "a" {}', /Terraform is not read: name the file that/],
    [
      'loop.json.j2',
      '{"StartAt": "S", "States": {\n{% for s in all %}\n}}',
      /directives of a template .*: render it/,
    ],
  ])('what else is no definition is said with what to do: %s', async (name, text, expected) => {
    const { report, isRefused } = await check(await file(name, text));
    expect(isRefused).toBe(true);
    expect(report).toMatch(expected);
  });
});
