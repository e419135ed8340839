import { describe, expect, it } from 'vitest';
import { functionArn } from '../testing/harness.ts';
import { validateDefinition } from './validate.ts';

const problemOf = (definition: unknown): string | undefined => {
  const result = validateDefinition(typeof definition === 'string' ? definition : JSON.stringify(definition));
  return result.ok ? undefined : result.problem;
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

  it('is refused with the codes of Step Functions', () => {
    expect(problemOf(machine({ Type: 'Pass', Next: 'Nowhere' }))).toContain('MISSING_TRANSITION_TARGET');
    expect(
      problemOf(machine({ Type: 'Wait', Seconds: 1, Timestamp: '2026-01-01T00:00:00Z', End: true })),
    ).toContain('WAIT_DURATION');
    expect(problemOf(machine({ Type: 'Nonsense', End: true }))).toContain('SCHEMA_VALIDATION_FAILED');
    expect(problemOf({ StartAt: 'X', States: { S: { Type: 'Pass', End: true } } })).toContain(
      'MISSING_TRANSITION_TARGET',
    );
  });

  it.each<[string, object, string]>([
    [
      'a field of the other query language',
      machine({ Type: 'Pass', Output: 1, End: true }),
      "SCHEMA_VALIDATION_FAILED: The field 'Output' is not there in the query language JSONPath at $.States.S.Output",
    ],
    [
      'a path in a JSONata state',
      machine({ Type: 'Pass', QueryLanguage: 'JSONata', InputPath: '$.a', End: true }),
      "SCHEMA_VALIDATION_FAILED: The field 'InputPath' is not there in the query language JSONata at $.States.S.InputPath",
    ],
    [
      'an expression that does not parse',
      machine({ Type: 'Pass', QueryLanguage: 'JSONata', Output: '{% 1 + %}', End: true }),
      'SCHEMA_VALIDATION_FAILED: The JSONata expression is not valid (S0207',
    ],
    [
      'an unknown field',
      task({ Retries: [] }),
      "SCHEMA_VALIDATION_FAILED: A Task state has no field 'Retries' at $.States.S.Retries",
    ],
    [
      'a field of distributed Maps',
      map({ ItemReader: { Resource: 'arn:aws:states:::s3:getObject' } }),
      "SCHEMA_VALIDATION_FAILED: The field 'ItemReader' needs a Map whose ProcessorConfig has the Mode DISTRIBUTED at $.States.S.ItemReader",
    ],
    [
      'a resource that is none',
      task({ Resource: 'arn:aws:states:::dynamodb' }),
      "SCHEMA_VALIDATION_FAILED: The resource 'arn:aws:states:::dynamodb' is nothing that a Task can call at $.States.S.Resource",
    ],
    [
      'an unknown intrinsic function',
      task({ Parameters: { list: [{ 'a.$': 'States.Nope(1)' }] } }),
      "The intrinsic function is not valid (there is no function States.Nope) at $.States.S.Parameters.list[0]['a.$']",
    ],
    [
      'an intrinsic function with too many arguments',
      task({ Parameters: { 'a.$': 'States.Array(States.UUID(1))' } }),
      "The intrinsic function is not valid (States.UUID takes 0 arguments) at $.States.S.Parameters['a.$']",
    ],
    [
      'a filter that does more than compare',
      task({ ResultSelector: { 'a.$': '$.list[?(@.x = 1)]' } }),
      "The value '$.list[?(@.x = 1)]' is not a valid JSONPath (expected ) at character 14) at $.States.S.ResultSelector['a.$']",
    ],
    [
      'a condition of the other query language',
      machine({ Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'S' }] }),
      "SCHEMA_VALIDATION_FAILED: The field 'Condition' needs the query language JSONata at $.States.S.Choices[0].Condition",
    ],
    [
      'a state of the same name elsewhere',
      {
        StartAt: 'S',
        States: { S: { Type: 'Parallel', End: true, Branches: [machine({ Type: 'Succeed' })] } },
      },
      "DUPLICATE_STATE_NAME: There is another state 'S' at $.States.S.Branches[0].States.S",
    ],
    [
      'two fields of the same name after evaluation',
      task({ Parameters: { a: 1, 'a.$': '$' } }),
      "DUPLICATE_FIELD_NAME: 'a.$' and 'a' name the same field at $.States.S.Parameters['a.$']",
    ],
    [
      'no end',
      machine({ Type: 'Pass', Next: 'S' }),
      'MISSING_TERMINAL_STATE: No state ends the machine at $.States',
    ],
    [
      'a branch that leads out of itself',
      {
        StartAt: 'P',
        States: {
          P: {
            Type: 'Parallel',
            Next: 'E',
            Branches: [{ StartAt: 'I', States: { I: { Type: 'Pass', Next: 'E' }, X: { Type: 'Succeed' } } }],
          },
          E: { Type: 'Succeed' },
        },
      },
      "MISSING_TRANSITION_TARGET: Missing 'Next' target: E at $.States.P.Branches[0].States.I.Next",
    ],
  ])('is refused for %s, with its place', (_what, definition, expected) => {
    expect(problemOf(definition)).toContain(expected);
  });

  it.each<[string, object]>([
    [
      'JSONata and variables',
      {
        QueryLanguage: 'JSONata',
        ...machine({ Type: 'Pass', Output: '{% $x %}', Assign: { x: 1 }, End: true }),
      },
    ],
    ['variables in paths', machine({ Type: 'Pass', InputPath: '$x.y', End: true })],
    ['an optimised integration', task({ Resource: 'arn:aws:states:::dynamodb:putItem' })],
    ['an integration of the SDK', task({ Resource: 'arn:aws:states:::aws-sdk:s3:getObject' })],
    ['another partition', task({ Resource: 'arn:aws-us-gov:states:::aws-sdk:s3:getObject' })],
    ['a job that is waited for', task({ Resource: 'arn:aws:states:::glue:startJobRun.sync' })],
    ['a nested execution', task({ Resource: 'arn:aws:states:::states:startExecution.sync:2' })],
    [
      'a task token',
      task({
        Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
        Parameters: { 't.$': '$$.Task.Token' },
      }),
    ],
    ['an activity', task({ Resource: 'arn:aws:states:us-east-1:111122223333:activity:a' })],
    ['an HTTP task', task({ Resource: 'arn:aws:states:::http:invoke', Parameters: { Method: 'GET' } })],
    ['credentials', task({ Credentials: { 'RoleArn.$': '$.role' } })],
    [
      'a distributed Map',
      map({
        Label: 'all',
        ItemReader: {
          Resource: 'arn:aws:states:::s3:getObject',
          ReaderConfig: { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW', MaxItems: 9 },
          Parameters: { Bucket: 'b', 'Key.$': '$.key' },
        },
        ItemBatcher: { MaxItemsPerBatch: 2 },
        ToleratedFailurePercentage: 5,
        ResultWriter: { Resource: 'arn:aws:states:::s3:putObject', Parameters: { Bucket: 'b' } },
        ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, ...inline },
      }),
    ],
  ])('is taken with %s', (_what, definition) => {
    expect(problemOf(definition)).toBeUndefined();
  });

  it('does not take data for fields', () => {
    expect(
      problemOf(
        machine({ Type: 'Pass', Result: { Assign: 1, QueryLanguage: 'JSONata', ItemReader: {} }, End: true }),
      ),
    ).toBeUndefined();
  });
});
