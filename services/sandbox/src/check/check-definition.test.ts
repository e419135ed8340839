import { describe, expect, it } from 'vitest';
import { checkDefinition } from './check-definition.ts';
import { jsonReport, textReport } from './report.ts';

const where = { region: 'eu-west-1', accountId: '111122223333' };
const check = (definition: unknown, functions: readonly string[] = []) =>
  checkDefinition('a.json', typeof definition === 'string' ? definition : JSON.stringify(definition), {
    where,
    functions,
    hasService: (resourceType) => resourceType === 'dynamodb',
  });
const machine = (state: object) => ({ StartAt: 'S', States: { S: { End: true, ...state } } });
const task = (Resource: string, fields: object = {}) => machine({ Type: 'Task', Resource, ...fields });

describe('--check', () => {
  it.each([1_500, 5_000, 200_000])(
    'refuses data nested %d deep with a line, and does not end over it',
    (depth) => {
      const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`;
      const text = `{"StartAt":"S","States":{"S":{"Type":"Pass","End":true,"Result":${deep}}}}`;
      expect(check(text)).toMatchObject({
        verdict: 'refused',
        problems: [{ code: 'INVALID_JSON_DESCRIPTION', text: 'nested deeper than 1000 levels' }],
      });
    },
  );

  it('says that a definition without tasks runs as it is', () => {
    expect(check(machine({ Type: 'Pass' }))).toMatchObject({ verdict: 'runs', standIns: [], problems: [] });
  });

  it.each([
    ['a service of the sandbox', task('arn:aws:states:::dynamodb:putItem')],
    ['an activity', task('arn:aws:states:eu-west-1:111122223333:activity:a')],
    ['a function with a handler', task('arn:aws:lambda:eu-west-1:111122223333:function:fn')],
    [
      'an invocation with a handler',
      task('arn:aws:states:::lambda:invoke', { Parameters: { FunctionName: 'fn' } }),
    ],
    [
      'an invocation by the SDK with a handler',
      task('arn:aws:states:::aws-sdk:lambda:invoke', { Parameters: { FunctionName: 'fn:live' } }),
    ],
    ['a service and action with a handler', task('arn:aws:states:::http:invoke')],
    ['the same by the SDK', task('arn:aws:states:::aws-sdk:sns:publish')],
    ['one that waits for a token', task('arn:aws:states:::sns:publish.waitForTaskToken')],
  ])('has no stand-in for %s', (_what, definition) => {
    expect(check(definition, ['fn', 'http:invoke', 'sns:publish']).verdict).toBe('runs');
  });

  it('has no stand-in for a state with a handler of its name, but for an invocation of a function without one', () => {
    expect(check(task('arn:aws:states:::sns:publish'), ['S']).verdict).toBe('runs');
    const invocation = task('arn:aws:states:::lambda:invoke', { Parameters: { FunctionName: 'fn' } });
    expect(check(invocation, ['S']).verdict).toBe('stand-ins');
  });

  it('names the stand-ins at every depth', () => {
    const inner = {
      StartAt: 'I',
      States: { I: { Type: 'Task', Resource: 'arn:aws:states:::sns:publish', End: true } },
    };
    expect(check(machine({ Type: 'Map', ItemProcessor: inner }))).toMatchObject({
      verdict: 'stand-ins',
      standIns: [
        { at: '$.States["S"].ItemProcessor.States["I"].Resource', resource: 'arn:aws:states:::sns:publish' },
      ],
    });
  });

  it('names the field of what is refused', () => {
    expect(check(machine({ Type: 'Pass', Assign: false }))).toMatchObject({
      verdict: 'refused',
      problems: [{ code: 'SCHEMA_VALIDATION_FAILED', at: '$.States.S.Assign' }],
    });
  });

  it.each([
    ['{', 'is not JSON: it breaks at line 1, column 2'],
    ['', 'is empty'],
    ['[]', 'is no state machine'],
    ['{"StartAt":"A"}', 'is no state machine'],
  ])('refuses %j with a clear line', (text, problem) => {
    const checked = check(text);
    expect(checked.verdict).toBe('refused');
    expect(checked.problems[0]?.text).toContain(problem);
  });

  it('fills placeholders, also those that stand for numbers', () => {
    const text = `{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"\${FnArn}","TimeoutSeconds": \${Limit},"End":true}}}`;
    expect(check(text)).toMatchObject({
      verdict: 'stand-ins',
      placeholders: ['Limit', 'FnArn'],
      standIns: [{ resource: 'arn:aws:lambda:eu-west-1:111122223333:function:FnArn' }],
    });
  });

  it('takes references of CloudFormation for what they name', () => {
    expect(check(machine({ Type: 'Task', Resource: { 'Fn::GetAtt': ['Resize', 'Arn'] } }))).toMatchObject({
      verdict: 'stand-ins',
      placeholders: ['Resize'],
    });
  });

  it('takes a function whose ARN has one placeholder for region and account', () => {
    expect(check(task('arn:aws:lambda:AWS_ACCOUNT:function:resize'))).toMatchObject({
      verdict: 'stand-ins',
      standIns: [{ resource: 'arn:aws:lambda:AWS_ACCOUNT:function:resize' }],
    });
  });

  it('takes the Label of a Map that is not distributed', () => {
    const inner = { StartAt: 'I', States: { I: { Type: 'Pass', End: true } } };
    expect(check(machine({ Type: 'Map', Label: 'Rows', ItemProcessor: inner }))).toMatchObject({
      verdict: 'runs',
    });
  });

  it('does not take a JSONPath or a JSONata expression for a placeholder', () => {
    const definition = machine({ Type: 'Pass', Parameters: { 'a.$': '$.a', b: '$States{x}' } });
    expect(check(definition)).toMatchObject({ verdict: 'runs', placeholders: [] });
  });

  it('was refused: what AWS refuses though it is plain what is meant runs, with a warning for people and programs', () => {
    const checked = check(task('arn:aws:lambda:resize', { TimeoutSeconds: 0 }));
    expect(checked).toMatchObject({ verdict: 'stand-ins', problems: [] });
    expect(textReport([checked])).toBe(
      [
        'a.json: runs with stand-ins',
        "  AWS refuses this: 'TimeoutSeconds' is 0, and AWS's developer guide asks for a positive integer at $.States.S.TimeoutSeconds; runs here without it",
        "  AWS refuses this: The resource 'arn:aws:lambda:resize' is nothing that a Task can call at $.States.S.Resource; runs here as the function resize, by a stand-in unless it has a handler",
        '  stand-in for arn:aws:lambda:eu-west-1:111122223333:function:resize at $.States["S"].Resource',
        '',
      ].join('\n'),
    );
    expect(JSON.parse(jsonReport([checked]))).toMatchObject({
      definitions: [{ warnings: [{ at: '$.States.S.TimeoutSeconds' }, { at: '$.States.S.Resource' }] }],
    });
  });

  it('reports in lines for people and in JSON for programs', () => {
    const all = [check(machine({ Type: 'Pass' })), check(task('arn:aws:states:::sns:publish')), check('{')];
    expect(textReport(all)).toBe(
      [
        'a.json: runs as it is',
        'a.json: runs with stand-ins',
        '  stand-in for arn:aws:states:::sns:publish at $.States["S"].Resource',
        'a.json: does not run',
        '  INVALID_JSON_DESCRIPTION: a.json is not JSON: it breaks at line 1, column 2 at $',
        '1 as they are, 1 with stand-ins, 1 not',
        '',
      ].join('\n'),
    );
    expect(JSON.parse(jsonReport(all))).toEqual({ definitions: all });
  });
});
