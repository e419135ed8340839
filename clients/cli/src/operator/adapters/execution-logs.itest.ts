import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ExecutionArn, parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { json, jsonError, openAwsWire, type AwsWire } from '../../testing/aws-wire.ts';
import { createExecutionLogs } from './execution-logs.adapter.ts';

let wire: AwsWire;
beforeAll(async () => {
  wire = await openAwsWire();
});
beforeEach(() => wire.reset());
afterAll(() => wire.close());

const arnOf = (name: string) =>
  ExecutionArn.parse(`arn:aws:states:us-east-1:111122223333:execution:P:${name}`);
const question = { logGroup: '/g', fromMs: 5, toMs: 9, executionArns: [] };

/** Time that stands still; what is waited for comes at once. */
function adapter() {
  const waits: number[] = [];
  const client = new CloudWatchLogsClient(wire.options());
  const logs = createExecutionLogs(client, {
    clock: { nowMs: () => 1_000 },
    timers: {
      after(delayMs, run) {
        waits.push(delayMs);
        queueMicrotask(run);
        return () => undefined;
      },
    },
  });
  return { logs, waits };
}

const Asked = z.object({
  logGroupName: z.string(),
  startTime: z.number(),
  endTime: z.number(),
  filterPattern: z.string(),
  nextToken: z.string().optional(),
});
const asked = () =>
  wire.asked.map(({ body }) => {
    const parsed = parseJson(Asked, body);
    if (!parsed.ok) throw new Error(body);
    return parsed.value;
  });
const page = (messages: readonly string[], nextToken?: string) =>
  json({ events: messages.map((message) => ({ message, timestamp: 7 })), nextToken });

describe('log records from CloudWatch Logs', () => {
  it('are read page by page, four calls a second, through a page that is empty and leads on', async () => {
    const { logs, waits } = adapter();
    const following = [page([], 't2'), page(['b'])];
    wire.replies.set('FilterLogEvents', page(['a'], 't1'));
    const read: string[][] = [];
    for await (const messages of logs.read(question)) {
      read.push(messages.map(({ message }) => message));
      const [next] = following.splice(0, 1);
      if (next !== undefined) wire.replies.set('FilterLogEvents', next);
    }
    expect(read).toEqual([['a'], [], ['b']]);
    expect(asked()).toEqual(
      [undefined, 't1', 't2'].map((nextToken) => ({
        logGroupName: '/g',
        startTime: 5,
        endTime: 9,
        filterPattern: '{ $.execution_arn = * }',
        ...(nextToken === undefined ? {} : { nextToken }),
      })),
    );
    expect(waits).toEqual([250, 250]);
  });

  it('are those of the executions that are named, where their names fit into a pattern', async () => {
    wire.replies.set('FilterLogEvents', page([]));
    const { logs } = adapter();
    const patternFor = async (...executionArns: readonly ExecutionArn[]) => {
      await Array.fromAsync(logs.read({ ...question, executionArns }));
      return asked().at(-1)?.filterPattern;
    };
    expect(await patternFor(arnOf('a'), arnOf('b'))).toBe(
      `{ ($.execution_arn = "${arnOf('a')}") || ($.execution_arn = "${arnOf('b')}") }`,
    );
    const many = Array.from({ length: 30 }, (_unused, index) => arnOf(`n${index}`));
    expect(await patternFor(...many)).toBe('{ $.execution_arn = * }');
  });

  it('cannot be read without the group, without the right, or while AWS is away: each in a line', async () => {
    const { logs } = adapter();
    const read = () => Array.fromAsync(logs.read(question));
    wire.replies.set('FilterLogEvents', jsonError('ResourceNotFoundException', 'The specified log group'));
    await expect(read()).rejects.toMatchObject({
      code: 'OPERATOR_UNKNOWN',
      message: 'there is no log group /g here',
    });
    wire.replies.set(
      'FilterLogEvents',
      jsonError(
        'AccessDeniedException',
        'User: x is not authorized to perform: logs:FilterLogEvents on resource: arn:r',
      ),
    );
    await expect(read()).rejects.toMatchObject({
      code: 'OPERATOR_RIGHTS_MISSING',
      message: 'not allowed: your credentials lack logs:FilterLogEvents on arn:r',
    });
    wire.replies.set('FilterLogEvents', jsonError('ThrottlingException', 'Rate exceeded'));
    await expect(read()).rejects.toMatchObject({
      code: 'OPERATOR_UNREACHABLE',
      message: 'logs:FilterLogEvents failed: ThrottlingException (Rate exceeded)',
    });
  });

  it('stay as long as the log group says, and not one whose name begins the same', async () => {
    const { logs } = adapter();
    wire.replies.set(
      'DescribeLogGroups',
      json({ logGroups: [{ logGroupName: '/g' }, { logGroupName: '/g2', retentionInDays: 3 }] }),
    );
    expect(await logs.retentionDays('/g')).toBeUndefined();
    expect(await logs.retentionDays('/g2')).toBe(3);
  });
});
