import { describe, expect, it } from '@jest/globals';
import { functionArn } from '../testing/harness.ts';
import { findUnsupported } from './unsupported.ts';
import { isJsonObject, jsonOfValue } from '../json.ts';
import { validateDefinition } from './validate.ts';

const problemOf = (definition: unknown): string | undefined => {
  const result = validateDefinition(typeof definition === 'string' ? definition : JSON.stringify(definition));
  return result.ok ? undefined : result.problem;
};
const unsupportedIn = (definition: object): string[] => {
  const json = jsonOfValue(definition);
  return isJsonObject(json) ? findUnsupported(json).map(({ feature, at }) => `${feature} at ${at}`) : [];
};
const machine = (state: object) => ({ StartAt: 'S', States: { S: state } });
const task = (fields: object) => machine({ Type: 'Task', Resource: functionArn('fn'), End: true, ...fields });
const inline = { StartAt: 'I', States: { I: { Type: 'Pass', End: true } } };
const map = (fields: object) => machine({ Type: 'Map', ItemProcessor: inline, End: true, ...fields });

describe('definition', () => {
  it('is taken when it uses all that there is', () => {
    expect(
      problemOf({
        Comment: 'all of it',
        StartAt: 'T',
        TimeoutSeconds: 60,
        Version: '1.0',
        States: {
          T: {
            Type: 'Task',
            Resource: 'arn:aws:states:::lambda:invoke',
            Parameters: { 'FunctionName.$': '$.fn', Payload: { 'id.$': 'States.UUID()' } },
            ResultSelector: { 'x.$': '$.Payload.x' },
            ResultPath: '$.x',
            TimeoutSecondsPath: '$.limit',
            HeartbeatSeconds: 5,
            Retry: [
              { ErrorEquals: ['States.ALL'], MaxDelaySeconds: 9, JitterStrategy: 'FULL', BackoffRate: 1.5 },
            ],
            Catch: [{ ErrorEquals: ['States.ALL'], Next: 'F', ResultPath: '$.e' }],
            Next: 'C',
          },
          C: {
            Type: 'Choice',
            Choices: [{ And: [{ Variable: '$.a', IsPresent: true }], Next: 'M' }],
            Default: 'W',
          },
          M: {
            Type: 'Map',
            ItemsPath: '$.list',
            ItemSelector: { 'v.$': '$$.Map.Item.Value' },
            ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, ...inline },
            MaxConcurrencyPath: '$.max',
            Next: 'P',
          },
          P: {
            Type: 'Parallel',
            Branches: [{ StartAt: 'B', States: { B: { Type: 'Succeed' } } }],
            Next: 'W',
          },
          W: { Type: 'Wait', TimestampPath: '$.at', Next: 'F' },
          F: { Type: 'Fail', ErrorPath: '$.e.Error', CausePath: "States.Format('{}', $.e.Cause)" },
        },
      }),
    ).toBeUndefined();
  });

  it.each([
    ['no JSON', '{', 'not a JSON object'],
    ['a list', '[]', 'not a JSON object'],
    ['nothing of a machine', '{}', 'SCHEMA_VALIDATION_FAILED'],
    ['States that are null', '{"StartAt":"S","States":null}', 'SCHEMA_VALIDATION_FAILED'],
    ['a state that is a number', '{"StartAt":"S","States":{"S":1}}', 'SCHEMA_VALIDATION_FAILED'],
  ])('is refused when it is %s', (_what, text, problem) => {
    expect(problemOf(text)).toContain(problem);
  });

  it('is refused with the messages of asl-validator', () => {
    expect(problemOf(machine({ Type: 'Pass', Next: 'Nowhere' }))).toContain('MISSING_TRANSITION_TARGET');
    expect(
      problemOf(machine({ Type: 'Wait', Seconds: 1, Timestamp: '2026-01-01T00:00:00Z', End: true })),
    ).toContain('WAIT_DURATION');
    expect(problemOf(machine({ Type: 'Nonsense', End: true }))).toContain('SCHEMA_VALIDATION_FAILED');
    expect(problemOf({ StartAt: 'X', States: { S: { Type: 'Pass', End: true } } })).toContain(
      'MISSING_TRANSITION_TARGET',
    );
  });

  it.each<[object, string]>([
    [{ QueryLanguage: 'JSONata', ...machine({ Type: 'Pass', End: true }) }, 'JSONata at $.QueryLanguage'],
    [machine({ Type: 'Pass', QueryLanguage: 'JSONata', End: true }), 'JSONata at $.States.S.QueryLanguage'],
    [machine({ Type: 'Pass', Assign: { x: 1 }, End: true }), 'variables (Assign) at $.States.S.Assign'],
    [
      machine({ Type: 'Pass', InputPath: '$x.y', End: true }),
      'variables (reading one) at $.States.S.InputPath',
    ],
    [
      map({
        ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, ...inline },
      }),
      'distributed Map at $.States.S.ItemProcessor.ProcessorConfig.Mode',
    ],
    [map({ ItemReader: {} }), 'distributed Map (ItemReader) at $.States.S.ItemReader'],
    [
      map({ ToleratedFailureCount: 1 }),
      'distributed Map (ToleratedFailureCount) at $.States.S.ToleratedFailureCount',
    ],
    [
      task({ Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken' }),
      'task tokens at $.States.S.Resource',
    ],
    [
      task({ Resource: 'arn:aws:states:us-east-1:111122223333:activity:a' }),
      'activities at $.States.S.Resource',
    ],
    [
      task({ Resource: 'arn:aws:states:::states:startExecution.sync:2' }),
      'nested executions (states:startExecution) at $.States.S.Resource',
    ],
    [
      task({ Resource: 'arn:aws:states:::dynamodb:putItem' }),
      'the task resource arn:aws:states:::dynamodb:putItem at $.States.S.Resource',
    ],
    [
      task({ Parameters: { 'token.$': '$$.Task.Token' } }),
      "task tokens ($$.Task.Token) at $.States.S.Parameters['token.$']",
    ],
    [task({ Credentials: { RoleArn: 'x' } }), 'cross-account Credentials at $.States.S.Credentials'],
    [
      task({ Parameters: { FunctionName: 'f', InvocationType: 'Event' } }),
      'an InvocationType other than RequestResponse at $.States.S.Parameters.InvocationType',
    ],
    [
      task({ Parameters: { list: [{ 'a.$': 'States.Nope(1)' }] } }),
      "this intrinsic function (there is no function States.Nope) at $.States.S.Parameters.list[0]['a.$']",
    ],
    [
      task({ Parameters: { 'a.$': 'States.Array(States.UUID(1))' } }),
      "this intrinsic function (States.UUID takes 0 arguments) at $.States.S.Parameters['a.$']",
    ],
    [
      task({ ResultSelector: { 'a.$': '$.list[?(@.x = 1)]' } }),
      "this JSONPath (the filter (@.x = 1) does more than compare) at $.States.S.ResultSelector['a.$']",
    ],
    [
      machine({ Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'S' }] }),
      'JSONata (Condition) at $.States.S.Choices[0].Condition',
    ],
    [
      task({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'S', Assign: {} }] }),
      'variables (Assign) at $.States.S.Catch[0].Assign',
    ],
    [
      {
        StartAt: 'my map',
        States: {
          'my map': {
            Type: 'Parallel',
            End: true,
            Branches: [machine({ Type: 'Task', Resource: 'arn:aws:states:::sns:publish', End: true })],
          },
        },
      },
      "the task resource arn:aws:states:::sns:publish at $.States['my map'].Branches[0].States.S.Resource",
    ],
  ])('%#: names what is not supported and where', (definition, expected) => {
    expect(unsupportedIn(definition)).toContain(expected);
    expect(problemOf(definition)).toContain(`not supported in the sandbox: ${expected}`);
  });

  it('does not take data for fields', () => {
    expect(
      problemOf(
        machine({ Type: 'Pass', Result: { Assign: 1, QueryLanguage: 'JSONata', ItemReader: {} }, End: true }),
      ),
    ).toBeUndefined();
  });
});
