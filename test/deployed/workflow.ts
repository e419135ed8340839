import { CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateStateMachineCommand } from '@aws-sdk/client-sfn';
import { ACCOUNT_ID, REGION, type Clients } from './place.ts';

/** A state machine that settings name. */
export interface DeployedWorkflow {
  readonly name: string;
  readonly region: string;
  readonly arn: string;
  readonly logGroupName: string;
}

export function workflowNamed(name: string, region: string = REGION): DeployedWorkflow {
  return {
    name,
    region,
    arn: `arn:aws:states:${region}:${ACCOUNT_ID}:stateMachine:${name}`,
    logGroupName: `/aws/vendedlogs/states/${name}-Logs`,
  };
}

const WORKFLOW = workflowNamed('PhotoPipeline');
export const { name: STATE_MACHINE, arn: STATE_MACHINE_ARN, logGroupName: LOG_GROUP } = WORKFLOW;

/** What a machine's role needs to set up its logs. Source: Step Functions developer guide, "Logging using CloudWatch Logs". */
export const LOG_DELIVERY = [
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'logs:DescribeLogGroups',
] as const;

const definition = {
  StartAt: 'Read',
  States: {
    Read: { Type: 'Pass', Next: 'Pause' },
    Pause: { Type: 'Wait', Seconds: 1, Next: 'Sizes' },
    Sizes: {
      Type: 'Parallel',
      Branches: ['Small', 'Large'].map((name) => ({
        StartAt: name,
        States: { [name]: { Type: 'Pass', End: true } },
      })),
      Next: 'Done',
    },
    Done: { Type: 'Succeed' },
  },
};

/** The state machine that the settings name, and its log group: what an operator has before Stepcast comes. */
export async function createWorkflow(
  { iam, sfn, logs }: Clients,
  { name, region, logGroupName }: DeployedWorkflow = WORKFLOW,
): Promise<void> {
  const RoleName = `role-of-${name}-${region}`;
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
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
  await iam.send(
    new PutRolePolicyCommand({
      RoleName,
      PolicyName: 'logs',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: LOG_DELIVERY, Resource: '*' }],
      }),
    }),
  );
  await sfn.send(
    new CreateStateMachineCommand({
      name,
      definition: JSON.stringify(definition),
      roleArn: Role?.Arn ?? '',
      loggingConfiguration: {
        level: 'ALL',
        includeExecutionData: true,
        destinations: [
          {
            cloudWatchLogsLogGroup: {
              logGroupArn: `arn:aws:logs:${region}:${ACCOUNT_ID}:log-group:${logGroupName}:*`,
            },
          },
        ],
      },
    }),
  );
}
