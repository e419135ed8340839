import { validateDefinition } from '@stepcast/asl-interpreter';
import { parseJson } from '@stepcast/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { prepareDefinition } from './prepare-definition.ts';

const where = { region: 'eu-west-1', accountId: '111122223333' };
const Machine = z.looseObject({ States: z.record(z.string(), z.record(z.string(), z.unknown())) });

function prepare(definition: unknown) {
  const source = typeof definition === 'string' ? definition : JSON.stringify(definition);
  const prepared = prepareDefinition(source, where);
  const parsed = parseJson(Machine, prepared.text);
  return {
    ...prepared,
    states: parsed.ok ? parsed.value.States : {},
    isValid: validateDefinition(prepared.text).ok,
    said: prepared.warnings.map(({ text, at }) => `${text} at ${at}`),
  };
}
const machine = (state: object) => ({ StartAt: 'S', States: { S: { End: true, ...state } } });
const task = (Resource: string, fields: object = {}) => machine({ Type: 'Task', Resource, ...fields });
const functionArn = (name: string) => `arn:aws:lambda:eu-west-1:111122223333:function:${name}`;

describe('prepareDefinition', () => {
  it.each([
    ['arn:aws:lambda:my-addition-lambda-arn', 'my-addition-lambda-arn'],
    ['arn:aws:bedrock:REGION:ACCOUNT_ID:resource:Personalize', 'Personalize'],
    ['arn:aws:lambda:us-east-1:123456789012:function:<FUNCTION>', 'FUNCTION'],
    ['REPLACE_ME', 'REPLACE_ME'],
    ['Replace with your ARN', 'Replace-with-your-ARN'],
    ['', 'placeholder'],
  ])('was refused or taken in silence: the resource %j, which is no ARN', (resource, name) => {
    const { states, isValid, said } = prepare(task(resource));
    expect(isValid).toBe(true);
    expect(states.S?.Resource).toBe(functionArn(name));
    expect(said).toEqual([
      `The resource '${resource}' is nothing that a Task can call at $.States.S.Resource`,
    ]);
  });

  it('was refused: an activity without region and account', () => {
    const { states, isValid, said } = prepare(task('arn:aws:states:::activity:approve'));
    expect(isValid).toBe(true);
    expect(states.S?.Resource).toBe('arn:aws:states:eu-west-1:111122223333:activity:approve');
    expect(said).toHaveLength(1);
  });

  it('was refused: 0 where the developer guide asks for a positive number', () => {
    const retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 0, MaxDelaySeconds: 0 }];
    const resource = 'arn:aws:states:::sqs:sendMessage';
    const { isValid, warnings, states } = prepare(
      task(resource, { TimeoutSeconds: 0, HeartbeatSeconds: 0, Retry: retry }),
    );
    expect(isValid).toBe(true);
    expect(states.S).toEqual({
      Type: 'Task',
      Resource: resource,
      End: true,
      Retry: [{ ErrorEquals: ['States.ALL'] }],
    });
    expect(warnings.map(({ at }) => at)).toEqual([
      '$.States.S.TimeoutSeconds',
      '$.States.S.HeartbeatSeconds',
      '$.States.S.Retry[0].IntervalSeconds',
      '$.States.S.Retry[0].MaxDelaySeconds',
    ]);
  });

  it('was refused: states that nothing leads to, also those behind one', () => {
    const { isValid, warnings, states } = prepare({
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', End: true },
        B: { Type: 'Pass', Next: 'C' },
        C: { Type: 'Pass', Next: 'A' },
      },
    });
    expect(isValid).toBe(true);
    expect(Object.keys(states)).toEqual(['A']);
    expect(warnings.map(({ at }) => at)).toEqual(['$.States.B', '$.States.C']);
  });

  it('refuses a transition that leads nowhere, and leaves the state that was meant', () => {
    const { isValid, states } = prepare({
      StartAt: 'A',
      States: { A: { Type: 'Pass', Next: 'fileterResults' }, filterResults: { Type: 'Pass', End: true } },
    });
    expect(isValid).toBe(false);
    expect(Object.keys(states)).toEqual(['A', 'filterResults']);
  });

  it('was refused: a field that a state has not; at the outermost place it was taken in silence', () => {
    const { isValid, said } = prepare({ _comment: 'mine', ...machine({ Type: 'Pass', Input: 1 }) });
    expect(isValid).toBe(true);
    expect(said).toEqual([
      "A state machine has no field '_comment' at $._comment",
      "A Pass state has no field 'Input' at $.States.S.Input",
    ]);
  });

  it.each(['Next', 'Choices', 'Default', 'Catch', 'Branches'])(
    'refuses the field %s where it is none: the way would be another',
    (field) => {
      const state = { Type: 'Succeed', [field]: field === 'Next' || field === 'Default' ? 'S' : [] };
      expect(prepare({ StartAt: 'S', States: { S: state } }).isValid).toBe(false);
    },
  );

  it.each([
    ['comments', '{ // mine\n "StartAt": "S", /* all */ "States": {"S": {"Type": "Succeed"}}}'],
    ['commas too many', '{"StartAt": "S", "States": {"S": {"Type": "Succeed",},},}'],
    [
      'a text that goes over lines',
      '{"StartAt": "S", "States": {"S": {"Type": "Fail", "Cause": "a \\\n b"}}}',
    ],
  ])('was refused: JSON with %s', (_what, text) => {
    const { isValid, said } = prepare(text);
    expect(isValid).toBe(true);
    expect(said).toEqual([expect.stringMatching(/^This is not JSON at line \d+, column \d+/)]);
  });

  it('was refused: a placeholder in a text where a list or a number belongs', () => {
    const { isValid, placeholders, warnings, states } = prepare({
      StartAt: 'S',
      States: {
        S: { Type: 'Wait', Seconds: '${Pause}', Next: 'T' },
        T: {
          Type: 'Task',
          Resource: '{{ function_arn }}',
          Retry: '${Retries}',
          TimeoutSeconds: { Ref: 'Limit' },
          Parameters: { Seconds: '${Pause}' },
          End: true,
        },
      },
    });
    expect(isValid).toBe(true);
    expect(warnings).toEqual([]);
    expect(placeholders).toEqual(['Pause', 'function_arn', 'Retries', 'Limit']);
    expect(states.S?.Seconds).toBe(1);
    expect(states.T).toMatchObject({
      Resource: functionArn('function_arn'),
      Retry: [],
      TimeoutSeconds: 1,
      Parameters: { Seconds: 'Pause' },
    });
  });

  it('was refused: tolerated failures of a Map that is not distributed', () => {
    const iterator = { StartAt: 'I', States: { I: { Type: 'Pass', End: true } } };
    const map = { Type: 'Map', ToleratedFailurePercentage: 100, ToleratedFailureCountPath: '$.n' };
    const { isValid, said, states } = prepare({
      StartAt: 'S',
      States: {
        S: { ...map, Iterator: iterator, Next: 'T' },
        T: {
          ...map,
          ToleratedFailureCountPath: undefined,
          ItemProcessor: {
            ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
            StartAt: 'J',
            States: { J: { Type: 'Pass', End: true } },
          },
          End: true,
        },
      },
    });
    expect(isValid).toBe(true);
    expect(said).toEqual([
      "A Map state without the Mode DISTRIBUTED has no field 'ToleratedFailurePercentage' at $.States.S.ToleratedFailurePercentage",
      "A Map state without the Mode DISTRIBUTED has no field 'ToleratedFailureCountPath' at $.States.S.ToleratedFailureCountPath",
    ]);
    expect(states.S).toEqual({ Type: 'Map', Iterator: iterator, Next: 'T' });
    expect(states.T).toMatchObject({ ToleratedFailurePercentage: 100 });
  });

  it('was refused: retriers and catchers of no error, and what only they lead to', () => {
    const none = { ErrorEquals: [] };
    const some = { ErrorEquals: ['States.ALL'], MaxAttempts: 1 };
    const { isValid, said, states } = prepare({
      StartAt: 'S',
      States: {
        S: {
          Type: 'Task',
          Resource: functionArn('f'),
          Retry: [none, some],
          Catch: [{ ...none, Next: 'Tell' }],
          Next: 'T',
        },
        T: { Type: 'Succeed' },
        Tell: { Type: 'Succeed' },
      },
    });
    expect(isValid).toBe(true);
    expect(Object.keys(states)).toEqual(['S', 'T']);
    expect(states.S).toMatchObject({ Retry: [some], Catch: [] });
    expect(said).toEqual([
      "'ErrorEquals' names no error at $.States.S.Retry[0].ErrorEquals",
      "'ErrorEquals' names no error at $.States.S.Catch[0].ErrorEquals",
      'State "Tell" is not reachable at $.States.Tell',
    ]);
  });

  it('was refused: a path where a number or a time belongs', () => {
    const { isValid, said, states } = prepare({
      StartAt: 'S',
      States: {
        S: { Type: 'Wait', Seconds: '$.wait', Next: 'T' },
        T: { Type: 'Task', Resource: functionArn('f'), TimeoutSeconds: '$.most', End: true },
      },
    });
    expect(isValid).toBe(true);
    expect(states.S).toEqual({ Type: 'Wait', SecondsPath: '$.wait', Next: 'T' });
    expect(states.T).toMatchObject({ TimeoutSecondsPath: '$.most' });
    expect(said).toEqual([
      "'Seconds' is a path, $.wait at $.States.S.Seconds",
      "'TimeoutSeconds' is a path, $.most at $.States.T.TimeoutSeconds",
    ]);
  });

  it('fills a placeholder of Jinja that stands for a number', () => {
    const text = '{"StartAt": "S", "States": {"S": {"Type": "Wait", "Seconds": {{ pause }}, "End": true}}}';
    expect(prepare(text)).toMatchObject({ isValid: true, placeholders: ['pause'], warnings: [] });
  });

  it.each([
    ['a placeholder', '${Resize.Arn}'],
    ['the short form of YAML', { 'Fn::GetAtt': 'Resize.Arn' }],
    ['the long form', { 'Fn::GetAtt': ['Resize', 'Arn'] }],
    ['Fn::Sub', { 'Fn::Sub': '${Resize.Arn}' }],
    [
      'a text in Fn::Sub',
      { 'Fn::Sub': 'arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:${Resize}' },
    ],
    [
      'Fn::Sub with values',
      {
        'Fn::Sub': [
          'arn:${AWS::Partition}:lambda:${MyRegion}:${AWS::AccountId}:function:Resize',
          { MyRegion: 'eu-west-1' },
        ],
      },
    ],
    [
      'Fn::Join',
      {
        'Fn::Join': [
          ':',
          [
            'arn:aws:lambda',
            { Ref: 'AWS::Region' },
            { Ref: 'AWS::AccountId' },
            'function',
            { Ref: 'Resize' },
          ],
        ],
      },
    ],
  ])('had another name for the handler: the ARN of a function as %s', (_what, resource) => {
    const { states, isValid } = prepare(machine({ Type: 'Task', Resource: resource }));
    expect(isValid).toBe(true);
    expect(states.S?.Resource).toBe(functionArn('Resize'));
  });

  it('mends at every depth', () => {
    const inner = (name: string) => ({
      StartAt: name,
      States: { [name]: { Type: 'Task', Resource: 'mine', End: true } },
    });
    const { isValid, warnings } = prepare({
      StartAt: 'M',
      States: {
        M: { Type: 'Map', ItemProcessor: inner('I'), Next: 'P' },
        P: { Type: 'Parallel', Branches: [inner('B')], End: true },
      },
    });
    expect(isValid).toBe(true);
    expect(warnings.map(({ at }) => at)).toEqual([
      '$.States.M.ItemProcessor.States.I.Resource',
      '$.States.P.Branches[0].States.B.Resource',
    ]);
  });

  it('never changes a definition that AWS takes', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(names, (states) => {
        const chain = states.map((name, index) => {
          const next = states[index + 1];
          return [name, { Type: 'Pass', ...(next === undefined ? { End: true } : { Next: next }) }] as const;
        });
        const text = JSON.stringify({ StartAt: states[0], States: Object.fromEntries(chain) });
        fc.pre(validateDefinition(text).ok && !/\$\{|\{\{/.test(text));
        expect(prepareDefinition(text, where)).toEqual({ text, placeholders: [], warnings: [] });
      }),
    );
  });

  it('never throws, whatever the text, and mending twice is mending once', () => {
    fc.assert(
      fc.property(fc.json(), fc.string(), (states, resource) => {
        const text = `{"StartAt":"S","Extra":1,"States":{"S":${states},"T":{"Type":"Task","Resource":${JSON.stringify(resource)},"End":true}}}`;
        const once = prepareDefinition(text, where);
        expect(prepareDefinition(once.text, where).warnings).toEqual([]);
      }),
    );
  });
});
