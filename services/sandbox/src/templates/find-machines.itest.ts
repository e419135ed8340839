import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonOfText, type Json } from '@stepcast/asl-interpreter';
import { runCheck } from '../check/run-check.ts';
import { chooseMachine, findMachines } from './find-machines.ts';

const where = { region: 'eu-west-1', accountId: '111122223333' };
const synthesized = join(import.meta.dirname, 'testing', 'synthesized');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepcast-templates-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function read(path: string, option: '--cdk' | '--sam', name?: string): Promise<Json | undefined> {
  const { text } = await chooseMachine(await findMachines(path, option, where), name, path).read();
  return jsonOfText(text);
}

describe('what the CDK has synthesized', () => {
  it('gives the definition with the names of what its tasks call', async () => {
    expect(await read(synthesized, '--cdk', 'PhotoPipeline')).toMatchObject({
      States: {
        'Name the photo': {
          Resource: 'arn:aws:states:::lambda:invoke',
          Parameters: { FunctionName: 'arn:aws:lambda:eu-west-1:111122223333:function:name-photo' },
        },
        'Parts of it': {
          Parameters: { StateMachineArn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:Parts' },
        },
        Ask: { Parameters: { QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/111122223333/Questions' } },
      },
    });
  });

  it('finds a definition that is an asset, and fills its substitutions', async () => {
    const machines = await findMachines(synthesized, '--cdk', where);
    const chosen = chooseMachine(machines, 'Parts', 'x');
    expect(chosen.names).toEqual(['Parts', 'Parts5258B080']);
    const { text, files } = await chosen.read();
    expect(files).toHaveLength(1);
    expect(jsonOfText(text)).toMatchObject({
      States: {
        Resize: { Resource: 'arn:aws:lambda:eu-west-1:111122223333:function:Resize' },
        Tell: { Parameters: { TopicArn: 'arn:aws:sns:eu-west-1:111122223333:Topic' } },
      },
    });
  });

  it('was refused: a definition in a bucket, whose file stands beside the template', async () => {
    const definition = { StartAt: 'S', States: { S: { Type: 'Succeed' } } };
    await file('flow.json', definition);
    const template = await file('in-bucket.json', {
      Resources: {
        Flow: {
          Type: 'AWS::StepFunctions::StateMachine',
          Properties: { DefinitionS3Location: { Bucket: 'b', Key: 'v1/flow.json' } },
        },
      },
    });
    expect(await read(template, '--sam')).toEqual(definition);
  });

  it('says which machines there are and how to choose one', async () => {
    await expect(read(synthesized, '--cdk')).rejects.toThrow(
      /has 2 state machines\. Choose one with --state-machine NAME: .*Parts.*PhotoPipeline/,
    );
    await expect(read(synthesized, '--cdk', 'Nope')).rejects.toThrow(
      /no state machine called Nope. It has: /,
    );
  });

  it('calls things by the ids that they have in the program, and reads the templates of stages', async () => {
    const out = join(folder, 'cdk.out');
    await mkdir(join(out, 'assembly-Prod'), { recursive: true });
    const definition = {
      StartAt: 'A',
      States: { A: { Type: 'Task', Resource: { 'Fn::GetAtt': ['F1', 'Arn'] }, End: true } },
    };
    await writeFile(
      join(out, 'assembly-Prod', 'S.template.json'),
      JSON.stringify({
        Resources: {
          F1: { Type: 'AWS::Lambda::Function', Metadata: { 'aws:cdk:path': 'Prod/S/Resize/Resource' } },
          M1: { Type: 'AWS::StepFunctions::StateMachine', Properties: { Definition: definition } },
        },
      }),
    );
    expect(await read(out, '--cdk')).toMatchObject({
      States: { A: { Resource: 'arn:aws:lambda:eu-west-1:111122223333:function:Resize' } },
    });
  });
});

describe('--check of a template', () => {
  const check = (stateMachine: string | undefined) =>
    runCheck(
      {
        files: [],
        template: { kind: 'template', option: '--cdk', path: synthesized, stateMachine },
        json: false,
      },
      { where, functions: ['Resize'], hasService: (type) => type === 'states' || type === 'sqs' },
    );

  it('says of each machine, or of the one that is named, whether it runs', async () => {
    const { report, isRefused } = await check(undefined);
    expect(isRefused).toBe(false);
    expect(report).toMatch(
      /Photos\.template\.json: Parts: runs with stand-ins\n {2}stand-in for arn:aws:states:::sns:publish/,
    );
    expect(report).toMatch(
      /PhotoPipeline: runs with stand-ins\n {2}stand-in for arn:aws:states:::lambda:invoke/,
    );
    expect((await check('Parts')).report).not.toContain('PhotoPipeline');
  });
});

describe('a SAM template', () => {
  const sam = (properties: string) => `
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: { Type: String, Default: dev }
Mappings:
  Tables: { dev: { name: orders-dev } }
Resources:
  Resize:
    Type: AWS::Serverless::Function
    Properties: { FunctionName: !Sub 'resize-\${Stage}', Handler: a.b }
  Pipeline:
    Type: AWS::Serverless::StateMachine
    Properties:
${properties}
`;
  const substitutions = `
      DefinitionSubstitutions:
        ResizeArn: !GetAtt Resize.Arn
        Table: !FindInMap [Tables, !Ref Stage, name]
        Queue: !Join ['/', ['https://sqs', !Ref 'AWS::AccountId', !Select [1, !Split ['.', 'a.b']]]]
        Elsewhere: !ImportValue other-table`;
  const asl = {
    StartAt: 'A',
    States: {
      A: {
        Type: 'Task',
        Resource: '${ResizeArn}',
        Parameters: { t: '${Table}', q: '${Queue}', e: '${Elsewhere}', unknown: '${Nobody}' },
        End: true,
      },
    },
  };
  const filled = {
    States: {
      A: {
        Resource: 'arn:aws:lambda:eu-west-1:111122223333:function:resize-dev',
        Parameters: {
          t: 'orders-dev',
          q: 'https://sqs/111122223333/b',
          e: '${other-table}',
          unknown: '${Nobody}',
        },
      },
    },
  };

  it('names its definition in a file of JSON', async () => {
    await file('a.asl.json', asl);
    const template = await file('template.yaml', sam(`      DefinitionUri: a.asl.json${substitutions}`));
    expect(await read(template, '--sam')).toMatchObject(filled);
  });

  it('names its definition in a file of YAML', async () => {
    await file('a.asl.yaml', `StartAt: A\nStates:\n  A: ${JSON.stringify(asl.States.A)}\n`);
    const template = await file('template2.yaml', sam(`      DefinitionUri: a.asl.yaml${substitutions}`));
    expect(await read(template, '--sam')).toMatchObject(filled);
  });

  it('holds its definition, as an object or as a text', async () => {
    const object = await file(
      'template3.yaml',
      sam(`      Definition: ${JSON.stringify(asl)}${substitutions}`),
    );
    expect(await read(object, '--sam')).toMatchObject(filled);
    const text = await file(
      'template4.yaml',
      sam(`      DefinitionString: !Sub |\n        {"StartAt":"\${Stage}","States":{}}`),
    );
    expect(await read(text, '--sam')).toMatchObject({ StartAt: 'dev' });
  });

  it.each([
    ['an address in S3', sam('      DefinitionUri: s3://b/k'), 'not on this machine'],
    ['no definition', sam('      Name: x'), 'has no definition: none of'],
    ['a file that is not there', sam('      DefinitionUri: nowhere.json'), 'nowhere.json cannot be read'],
    [
      'an asset that is not there',
      sam('      DefinitionS3Location: { Bucket: b, Key: k }'),
      'no \\*.assets.json',
    ],
    ['broken YAML', 'Resources:\n  A: [', 'neither JSON nor YAML at line 2'],
    [
      'no state machine',
      '{"Resources":{"A":{"Type":"AWS::SQS::Queue"}}}',
      'no template there has a state machine',
    ],
    ['a list', '[]', 'neither an object'],
    ['too deep a nesting', `{"Resources":${'{"a":'.repeat(300)}1${'}'.repeat(301)}`, 'nested deeper than'],
    [
      'aliases that multiply',
      `a: &a [1,1,1,1,1,1,1,1,1]\n${'bcdefghi'
        .split('')
        .map(
          (one, index) =>
            `${one}: &${one} [${Array.from({ length: 9 }, () => `*${'abcdefgh'[index] ?? ''}`).join(',')}]`,
        )
        .join('\n')}\n`,
      'cannot be read',
    ],
  ])('is refused with %s', async (name, text, message) => {
    const template = await file(`${name.replaceAll(' ', '-')}.yaml`, text);
    await expect(read(template, '--sam')).rejects.toMatchObject({
      code: 'SANDBOX_TEMPLATE_UNUSABLE',
      message: expect.stringMatching(message),
    });
  });

  it('that is a folder, or not there, is said so', async () => {
    await expect(read(folder, '--sam')).rejects.toThrow('is a folder; name the template');
    await expect(read(join(folder, 'no'), '--cdk')).rejects.toThrow('cannot be read');
    await mkdir(join(folder, 'empty'));
    await expect(read(join(folder, 'empty'), '--cdk')).rejects.toThrow('run "npx cdk synth" first');
  });

  it('ends where names refer to one another in a circle, and where references multiply', async () => {
    const circle = await file('circle.json', {
      Resources: {
        F: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: { Ref: 'G' } } },
        G: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: { Ref: 'F' } } },
        M: { Type: 'AWS::StepFunctions::StateMachine', Properties: { DefinitionString: { Ref: 'F' } } },
      },
    });
    const [machine] = await findMachines(circle, '--cdk', where);
    expect((await machine?.read())?.text).toBe('F');
    const many = await file('many.json', {
      Parameters: { Long: { Default: 'x'.repeat(100_000) } },
      Resources: {
        M: {
          Type: 'AWS::StepFunctions::StateMachine',
          Properties: {
            DefinitionString: { 'Fn::Join': ['', Array.from({ length: 200 }, () => ({ Ref: 'Long' }))] },
          },
        },
      },
    });
    await expect(read(many, '--cdk')).rejects.toThrow('make its texts longer');
  });
});
