import { Arn, ArnFormat, Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { FULL_LOGGING, type DeploymentNames, type WorkflowLogging } from '@stepcast/wire';
import { type Construct } from 'constructs';
import { PLAIN_NAMES } from './names.ts';

/** A state machine of yours that Stepcast watches, and the log group that it logs to. */
export interface Workflow {
  readonly stateMachine: sfn.IStateMachine;
  readonly logGroup: logs.ILogGroup;
  /** What it logs. Default: every event, with execution data, as `workflowLogs` has it. */
  readonly logging?: WorkflowLogging;
}

export const loggingOf = ({ logging = FULL_LOGGING }: Workflow): WorkflowLogging => logging;

/** Name of a state machine, as a text or as a reference. */
export function nameOf(scope: Construct, { stateMachine }: Workflow): string {
  return (
    Stack.of(scope).splitArn(stateMachine.stateMachineArn, ArnFormat.COLON_RESOURCE_NAME).resourceName ?? ''
  );
}

/**
 * A log group for a state machine. Below `/aws/vendedlogs/` it takes no room in the account's resource policies, of which
 * a region has ten; only the class Standard takes subscriptions.
 */
export function workflowLogGroup(scope: Construct, id: string, stateMachineName: string): logs.LogGroup {
  return new logs.LogGroup(scope, id, {
    logGroupName: `/aws/vendedlogs/states/${stateMachineName}-Logs`,
    logGroupClass: logs.LogGroupClass.STANDARD,
    retention: logs.RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}

/** For the property `logs` of a state machine: every event, with the input by which the owner is known. */
export function workflowLogs(logGroup: logs.ILogGroup): sfn.LogOptions {
  return { destination: logGroup, level: sfn.LogLevel.ALL, includeExecutionData: true };
}

/** A state machine and a log group that exist already. The log group's default is Step Functions' own name for it. */
export function existingWorkflow(
  scope: Construct,
  id: string,
  {
    stateMachineArn,
    logGroupName,
    logging = FULL_LOGGING,
  }: {
    readonly stateMachineArn: string;
    readonly logGroupName?: string;
    readonly logging?: WorkflowLogging;
  },
): Workflow {
  const name = Arn.split(stateMachineArn, ArnFormat.COLON_RESOURCE_NAME).resourceName ?? '';
  return {
    logging,
    stateMachine: sfn.StateMachine.fromStateMachineArn(scope, id, stateMachineArn),
    logGroup: logs.LogGroup.fromLogGroupName(
      scope,
      `${id}Logs`,
      logGroupName ?? `/aws/vendedlogs/states/${name}-Logs`,
    ),
  };
}

/**
 * Lets CloudWatch's log delivery write to the log groups. Step Functions makes such a policy itself where its role may;
 * this one does not depend on that.
 */
export function allowLogDelivery(
  scope: Construct,
  id: string,
  workflows: readonly Workflow[],
  names: DeploymentNames = PLAIN_NAMES,
): void {
  new logs.CfnResourcePolicy(scope, id, {
    policyName: names.named('log-delivery'),
    policyDocument: Stack.of(scope).toJsonString({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'LogDelivery',
          Effect: 'Allow',
          Principal: { Service: 'delivery.logs.amazonaws.com' },
          Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          Resource: workflows.map(
            ({ logGroup }) =>
              `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:${logGroup.logGroupName}:log-stream:*`,
          ),
          Condition: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
        },
      ],
    }),
  });
}
