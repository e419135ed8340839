import { CreateLogGroupCommand, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  CreateStateMachineCommand,
  UpdateStateMachineCommand,
  type CreateStateMachineCommandInput,
  type SFNClient,
  type StateMachineType,
} from '@aws-sdk/client-sfn';
import { type Clients } from '../deployed/place.ts';
import { until } from '../deployed/run.ts';
import { LOG_DELIVERY } from '../deployed/workflow.ts';
import { said } from './probe.ts';
import { type Made } from './made.ts';

const definition = {
  StartAt: 'Read',
  States: {
    Read: { Type: 'Pass', Next: 'Pause' },
    Pause: { Type: 'Wait', Seconds: 1, Next: 'Sizes' },
    Sizes: {
      Type: 'Map',
      ItemsPath: '$.sizes',
      ItemProcessor: { StartAt: 'Resize', States: { Resize: { Type: 'Pass', End: true } } },
      Next: 'Done',
    },
    Done: { Type: 'Succeed' },
  },
};
// The input is Stepcast's own: what the Map goes over is made by the state before it.
const withSizes = {
  ...definition,
  States: {
    ...definition.States,
    Read: { Type: 'Pass', Result: [1, 2, 3], ResultPath: '$.sizes', Next: 'Pause' },
  },
};

/** What log delivery, and a distributed Map, take of the machine's role. Source: Step Functions developer guide. */
const rights = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: LOG_DELIVERY,
      Resource: '*',
    },
    { Effect: 'Allow', Action: ['states:StartExecution', 'states:DescribeExecution'], Resource: '*' },
  ],
};

export interface Workflow {
  /** Of the machine that Stepcast starts. */
  readonly stateMachineArn: string;
  /** Of one of kind Express, with the same states, which logs to the same group: the forwarder is subscribed to that. */
  readonly expressStateMachineArn: string;
  readonly roleArn: string;
  readonly logGroupName: string;
  /** The Standard one logs without inputs and outputs from now on. */
  withoutExecutionData(): Promise<void>;
}

/** State machines for the run, with their role and their log group. What is made is noted in `made` as it is made. */
export async function createWorkflow(clients: Clients, prefix: string, made: Made): Promise<Workflow> {
  const { iam, logs, sfn } = clients;
  const logGroupName = (made.logGroupName = `/aws/vendedlogs/states/${prefix}-Logs`);
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
  const RoleName = (made.roleName = `${prefix}-machine`);
  const { Role } = await iam.send(
    new CreateRoleCommand({
      RoleName,
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { Service: 'states.amazonaws.com' }, Action: 'sts:AssumeRole' },
        ],
      }),
    }),
  );
  const PolicyName = (made.rolePolicyName = 'logs-and-maps');
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: JSON.stringify(rights) }));
  const roleArn = Role?.Arn ?? '';
  const { logGroups: [group] = [] } = await logs.send(
    new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }),
  );
  const logging = (includeExecutionData: boolean) => ({
    level: 'ALL' as const,
    includeExecutionData,
    destinations: [
      { cloudWatchLogsLogGroup: { logGroupArn: `${(group?.arn ?? '').replace(/:\*$/, '')}:*` } },
    ],
  });
  const create = (name: string, type: StateMachineType) =>
    createOnceUsable(sfn, {
      name,
      type,
      definition: JSON.stringify(withSizes),
      roleArn,
      loggingConfiguration: logging(true),
    });
  const stateMachineArn = (made.stateMachineArn = await create(prefix, 'STANDARD'));
  const expressStateMachineArn = (made.expressStateMachineArn = await create(
    `${prefix}-own-express`,
    'EXPRESS',
  ));
  return {
    stateMachineArn,
    expressStateMachineArn,
    roleArn,
    logGroupName,
    async withoutExecutionData() {
      await sfn.send(
        new UpdateStateMachineCommand({ stateMachineArn, loggingConfiguration: logging(false) }),
      );
    },
  };
}

/** IAM says nothing of when a role can be used. @throws Error with the refusal, when it is not within a minute */
async function createOnceUsable(sfn: SFNClient, machine: CreateStateMachineCommandInput): Promise<string> {
  let refusal: unknown;
  return until('the role can be used', 60_000, async () => {
    try {
      const created = await sfn.send(new CreateStateMachineCommand(machine));
      return created.stateMachineArn;
    } catch (thrown) {
      refusal = thrown;
      return undefined;
    }
  }).catch((cause: unknown) => {
    throw new Error(`no state machine: ${said(refusal)}`, { cause });
  });
}
