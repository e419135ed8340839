import { caught, data, fail, one, pass, sample, leadingTo, type Sample } from './build.ts';

/** The table that both interpreters' services have: one item, `{ id: '1', n: 7 }`. */
export const TABLE = 'samples';
const get = (id: string, TableName = TABLE) => ({ TableName, Key: { id: { S: id } } });
const task = (fields: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::dynamodb:getItem',
  Parameters: get('1'),
  ...fields,
});
const ending = (fields: object = {}) => one(task({ End: true, ...fields }));
/** Fails each time: there is no such table. */
const broken = (fields: object = {}) => task({ Parameters: get('1', 'nowhere'), ...fields });
const retry = (fields: object = {}) => ({
  Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 1, ...fields }],
});
const sdk = 'arn:aws:states:::aws-sdk:dynamodb:getItem';
/** Nobody sends the token back. */
const waiting = (fields: object) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
  Parameters: { QueueUrl: 'QUEUE_URL', MessageBody: { t: 1 } },
  ...fields,
});

const successes: readonly (readonly [string, object])[] = [
  ['an item', {}],
  ['no item', { Parameters: get('2') }],
  ['Parameters by path', { Parameters: { TableName: TABLE, Key: { id: { 'S.$': '$.id' } } } }],
  ['InputPath', { InputPath: '$.in', Parameters: { TableName: TABLE, Key: { id: { 'S.$': '$.id' } } } }],
  ['ResultSelector', { ResultSelector: { 'n.$': '$.Item.n.N' } }],
  ['ResultPath', { ResultSelector: { 'n.$': '$.Item.n.N' }, ResultPath: '$.found' }],
  ['ResultPath null', { ResultPath: null }],
  ['OutputPath', { ResultPath: '$.found', OutputPath: '$.found.Item' }],
  ['TimeoutSeconds', { TimeoutSeconds: 9 }],
  ['TimeoutSeconds and HeartbeatSeconds', { TimeoutSeconds: 9, HeartbeatSeconds: 5 }],
  ['TimeoutSecondsPath', { TimeoutSecondsPath: '$.nine' }],
  ['the SDK', { Resource: sdk }],
  ['the SDK with ResultSelector', { Resource: sdk, ResultSelector: { 'n.$': '$.Item.n.N' } }],
  ['a Retry that is not needed', retry()],
  ['a Catch that is not needed', { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'S' }] }],
  ['Assign', { Assign: { 'n.$': '$.Item.n.N' }, ResultPath: null }],
];

const failures: readonly (readonly [string, object])[] = [
  ['uncaught', ending({ Parameters: get('1', 'nowhere') })],
  ['uncaught, of the SDK', ending({ Parameters: get('1', 'nowhere'), Resource: sdk })],
  ['caught', caught(broken())],
  ['caught by name', caught(broken(), { ErrorEquals: ['DynamoDB.ResourceNotFoundException'] })],
  ['caught as States.TaskFailed', caught(broken(), { ErrorEquals: ['States.TaskFailed'] })],
  ['caught with ResultPath', caught(broken(), { ResultPath: '$.error' })],
  ['caught with ResultPath null', caught(broken(), { ResultPath: null })],
  ['not caught by another name', caught(broken(), { ErrorEquals: ['Other'] })],
  ['not caught as a time-out', caught(broken(), { ErrorEquals: ['States.Timeout'] })],
  ['retried once', one(broken({ ...retry(), End: true }))],
  ['retried twice', one(broken({ ...retry({ MaxAttempts: 2, BackoffRate: 1 }), End: true }))],
  ['retried, then caught', caught(broken(retry()))],
  ['MaxAttempts 0', caught(broken(retry({ MaxAttempts: 0 })))],
  ['a Retry for another name', caught(broken(retry({ ErrorEquals: ['Other'] })))],
  [
    'two Catches',
    {
      StartAt: 'S',
      States: {
        S: broken({
          End: true,
          Catch: [
            { ErrorEquals: ['Other'], Next: 'A' },
            { ErrorEquals: ['States.ALL'], Next: 'B' },
          ],
        }),
        A: pass({ Result: 'a' }),
        B: pass({ Result: 'b' }),
      },
    },
  ],
  ['caught, then Fail', { StartAt: 'S', States: { ...caught(broken()).States, C: fail('Own', 'own') } }],
  ['a path of Parameters that is not there', caught(task({ Parameters: { 'TableName.$': '$.nowhere' } }))],
  ['a ResultSelector that is not there', caught(task({ ResultSelector: { 'x.$': '$.nowhere' } }))],
  ['caught with Assign', caught(broken(), { Assign: { 'e.$': '$.Error' } })],
];

export const taskSamples: readonly Sample[] = [
  ...successes.map(([name, fields]) =>
    sample(`Task: ${name}`, ending(fields), { id: '1', in: { id: '1' }, nine: 9, ...data }),
  ),
  sample(
    'Task: twice',
    leadingTo(task({ ResultPath: '$.first' }), task({ ResultPath: '$.second', End: true })),
  ),
  ...failures.map(([name, definition]) => sample(`Task fails: ${name}`, definition, { k: 1 })),
  sample('time-out: uncaught', one(waiting({ TimeoutSeconds: 1, End: true }))),
  sample('time-out: caught', caught(waiting({ TimeoutSeconds: 1 }), { ErrorEquals: ['States.Timeout'] })),
  sample('time-out: retried', caught(waiting({ TimeoutSeconds: 1, ...retry() }))),
  sample('heartbeat: uncaught', one(waiting({ TimeoutSeconds: 60, HeartbeatSeconds: 1, End: true }))),
  sample('heartbeat: caught', caught(waiting({ TimeoutSeconds: 60, HeartbeatSeconds: 1 }))),
  sample('TimeoutSeconds of the machine', {
    ...one({ Type: 'Wait', Seconds: 30, End: true }),
    TimeoutSeconds: 1,
  }),
];
