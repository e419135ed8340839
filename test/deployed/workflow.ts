import { CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateStateMachineCommand } from '@aws-sdk/client-sfn';
import { ACCOUNT_ID, REGION, type Clients } from './place.ts';

export const STATE_MACHINE = 'PhotoPipeline';
export const STATE_MACHINE_ARN = `arn:aws:states:${REGION}:${ACCOUNT_ID}:stateMachine:${STATE_MACHINE}`;
export const LOG_GROUP = `/aws/vendedlogs/states/${STATE_MACHINE}-Logs`;

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
export async function createWorkflow({ iam, sfn, logs }: Clients): Promise<void> {
  await logs.send(new CreateLogGroupCommand({ logGroupName: LOG_GROUP }));
  const { Role } = await iam.send(
    new CreateRoleCommand({
      RoleName: 'photo-pipeline',
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
      RoleName: 'photo-pipeline',
      PolicyName: 'logs',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: LOG_DELIVERY, Resource: '*' }],
      }),
    }),
  );
  await sfn.send(
    new CreateStateMachineCommand({
      name: STATE_MACHINE,
      definition: JSON.stringify(definition),
      roleArn: Role?.Arn ?? '',
      loggingConfiguration: {
        level: 'ALL',
        includeExecutionData: true,
        destinations: [
          {
            cloudWatchLogsLogGroup: {
              logGroupArn: `arn:aws:logs:${REGION}:${ACCOUNT_ID}:log-group:${LOG_GROUP}:*`,
            },
          },
        ],
      },
    }),
  );
}
