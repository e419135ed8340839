import {
  PutSubscriptionFilterCommand,
  DeleteSubscriptionFilterCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { type LoggedRecord } from '../logged.ts';
import { createMachine, type MachineOptions } from '../machine.ts';
import { judged, said, untried, type Probe, type Seen, type World } from '../probe.ts';
import { namesIn } from '../stage.ts';

async function withMachine<T>(
  world: World,
  options: MachineOptions,
  body: (machine: Awaited<ReturnType<typeof createMachine>>) => Promise<T>,
): Promise<T> {
  const machine = await createMachine(world, options);
  try {
    return await body(machine);
  } finally {
    await machine.remove();
  }
}

const pass = { StartAt: 'Only', States: { Only: { Type: 'Pass', End: true } } };
const call = (world: World) => ({
  StartAt: 'Call',
  States: {
    Call: {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:sts:getCallerIdentity',
      Parameters: {},
      End: true,
    },
  },
  Comment: world.prefix,
});

export const logsWithoutData: Probe = (world) =>
  withMachine(world, { name: 'no-data', definition: call(world), executionData: false }, async (machine) => {
    await machine.start({ secret: 'not to be logged' });
    const records = await machine.recordsUntil('ExecutionSucceeded');
    const scheduled = records.find(({ type }) => type === 'TaskScheduled');
    const fields = Object.keys(scheduled?.details ?? {})
      .toSorted()
      .join(', ');
    return [
      judged(
        'sfn.excluded-without-data',
        scheduled !== undefined && !fields.split(', ').includes('parameters'),
        `details of TaskScheduled: ${fields}; input anywhere: ${JSON.stringify(records).includes('not to be logged')}`,
      ),
    ];
  });

export const logsTruncated: Probe = (world) =>
  withMachine(world, { name: 'large', definition: pass }, async (machine) => {
    await machine.start({ text: 'x'.repeat(255_000) });
    const records = await machine.recordsUntil('ExecutionSucceeded');
    const details = records.find(({ type }) => type === 'ExecutionStarted')?.details ?? {};
    const input = details['input'];
    const marks = JSON.stringify(details['inputDetails'] ?? null);
    return [
      judged(
        'sfn.form-of-truncation',
        typeof input === 'string' && input.length < 255_000 && marks.includes('true'),
        `input: ${typeof input === 'string' ? `${input.length} characters` : typeof input}; inputDetails: ${marks}`,
      ),
    ];
  });

const mapOver = (ExecutionType: 'STANDARD' | 'EXPRESS') => ({
  StartAt: 'Items',
  States: {
    Items: {
      Type: 'Map',
      Label: 'Items',
      ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType }, ...pass },
      End: true,
    },
  },
});

const childrenIn = (records: readonly LoggedRecord[], parent: string): readonly LoggedRecord[] =>
  records.filter(({ execution_arn }) => execution_arn !== parent);

export const mapChildren: Probe = (world) =>
  withMachine(world, { name: 'map', definition: mapOver('STANDARD') }, async (machine): Promise<Seen[]> => {
    const parent = await machine.start([1, 2]);
    const records = await machine.recordsUntil('MapRunSucceeded');
    const children = childrenIn(records, parent);
    const [example] = children;
    return [
      judged(
        'sfn.map-children-logs',
        children.length > 0,
        `${children.length} records of children${example === undefined ? '' : `, such as of ${example.execution_arn}`}`,
      ),
      example === undefined
        ? untried('sfn.map-run-arn-key', 'there are no records of children')
        : judged(
            'sfn.map-run-arn-key',
            !children.some((record) => 'map_run_arn' in record),
            `keys: ${Object.keys(example).toSorted().join(', ')}`,
          ),
    ];
  });

export const expressChildren: Probe = (world) =>
  withMachine(world, { name: 'express', definition: mapOver('EXPRESS') }, async (machine) => {
    const parent = await machine.start([1, 2]);
    const records = await machine.recordsUntil('MapRunSucceeded');
    const [child] = childrenIn(records, parent);
    const fact = 'sfn.express-child-arn';
    if (child === undefined) return [untried(fact, 'there are no records of children')];
    const form = /:express:[\w-]+\/Items:[\w-]+:[0-9a-f-]{36}$/;
    return [judged(fact, form.test(child.execution_arn), child.execution_arn)];
  });

/** Subscribes a function that does not let CloudWatch Logs invoke it. */
export const filterWithoutPermission: Probe = async (world) => {
  const { clients, region, accountId, prefix } = world;
  const logGroupName = `/aws/lambda/${namesIn(region).named('forwarder')}`;
  const filterName = `${prefix}-probe`;
  const fact = 'logs.lambda-permission-error';
  try {
    await clients.logs.send(
      new PutSubscriptionFilterCommand({
        logGroupName,
        filterName,
        filterPattern: '',
        destinationArn: `arn:aws:lambda:${region}:${accountId}:function:${namesIn(region).provisionerFunctions.reconcile}`,
      }),
    );
  } catch (thrown) {
    return [judged(fact, said(thrown).includes('Could not execute the lambda function'), said(thrown))];
  }
  await clients.logs.send(new DeleteSubscriptionFilterCommand({ logGroupName, filterName }));
  return [judged(fact, false, 'the filter was made')];
};
