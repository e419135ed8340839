import { CreateLogGroupCommand, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateStateMachineCommand, UpdateStateMachineCommand } from '@aws-sdk/client-sfn';
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
  readonly stateMachineArn: string;
  readonly roleArn: string;
  readonly logGroupName: string;
  /** Logs without inputs and outputs from now on. */
  withoutExecutionData(): Promise<void>;
}

/** A state machine for the run, with its role and its log group. What is made is noted in `made` before it is made. */
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
  let refusal: unknown;
  // IAM says nothing of when a role can be used.
  const stateMachineArn = await until('the role can be used', 60_000, async () => {
    try {
      const created = await sfn.send(
        new CreateStateMachineCommand({
          name: prefix,
          definition: JSON.stringify(withSizes),
          roleArn,
          loggingConfiguration: logging(true),
        }),
      );
      return created.stateMachineArn;
    } catch (thrown) {
      refusal = thrown;
      return undefined;
    }
  }).catch((cause: unknown) => {
    throw new Error(`no state machine: ${said(refusal)}`, { cause });
  });
  made.stateMachineArn = stateMachineArn;
  return {
    stateMachineArn,
    roleArn,
    logGroupName,
    async withoutExecutionData() {
      await sfn.send(
        new UpdateStateMachineCommand({ stateMachineArn, loggingConfiguration: logging(false) }),
      );
    },
  };
}
