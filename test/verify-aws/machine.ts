import {
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  StartExecutionCommand,
  type LogLevel,
  type StateMachineType,
} from '@aws-sdk/client-sfn';
import { until } from '../deployed/run.ts';
import { recordsIn, type LoggedRecord } from './logged.ts';
import { type World } from './probe.ts';

export interface MachineOptions {
  readonly name: string;
  readonly definition: object;
  readonly type?: StateMachineType;
  readonly level?: LogLevel;
  readonly executionData?: boolean;
}

/** A state machine with a log group of its own, for the time of a probe. */
export interface Machine {
  readonly arn: string;
  start(input: object): Promise<string>;
  /** Waits until a record of this type is in the log group, and gives all that are there. @throws Error after two minutes */
  recordsUntil(type: string, count?: number): Promise<readonly LoggedRecord[]>;
  remove(): Promise<void>;
}

export async function createMachine(world: World, options: MachineOptions): Promise<Machine> {
  const { sfn, logs } = world.clients;
  const name = `${world.prefix}-${options.name}`;
  const logGroupName = `/aws/vendedlogs/states/${name}-Logs`;
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
  const { logGroups = [] } = await logs.send(
    new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }),
  );
  const logGroupArn = `${(logGroups[0]?.arn ?? '').replace(/:\*$/, '')}:*`;
  const { stateMachineArn = '' } = await sfn.send(
    new CreateStateMachineCommand({
      name,
      definition: JSON.stringify(options.definition),
      roleArn: world.machineRoleArn,
      type: options.type ?? 'STANDARD',
      loggingConfiguration: {
        level: options.level ?? 'ALL',
        includeExecutionData: options.executionData ?? true,
        destinations: [{ cloudWatchLogsLogGroup: { logGroupArn } }],
      },
    }),
  );
  return {
    arn: stateMachineArn,
    async start(input) {
      const { executionArn = '' } = await sfn.send(
        new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
      );
      return executionArn;
    },
    recordsUntil: (type, count = 1) =>
      until(
        `${count === 1 ? 'a log record' : `${count} log records`} ${type} in the log group`,
        world.emulator === undefined ? 120_000 : 3_000,
        async () => {
          const records = await recordsIn(logs, logGroupName);
          return records.filter((record) => record.type === type).length >= count ? records : undefined;
        },
      ),
    async remove() {
      await sfn.send(new DeleteStateMachineCommand({ stateMachineArn }));
      await logs.send(new DeleteLogGroupCommand({ logGroupName }));
    },
  };
}
