import { Aws, CfnOutput, Fn, Stack, type StackProps } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { deploymentNames, type WorkflowLogging } from '@stepcast/wire';
import { type Construct } from 'constructs';
import { type Network } from './containers.ts';
import { type ExistingIdentityPool, type LeftIdentityPool } from './identities.ts';
import { retainedPerSecondIn } from './iot-quotas.ts';
import { homeOf, stackNameOf } from './read-settings.ts';
import { type StepcastProgressProps } from './progress-props.ts';
import { type ReportsProps } from './reports.ts';
import { StepcastProgress } from './stepcast.ts';
import { putStage } from './stage.ts';
import { alarmTopicOf } from './watch/alarm-topic.ts';
import { existingWorkflow } from './workflow.ts';

/** A VPC that exists. */
export interface NetworkIds {
  readonly vpcId: string;
  /** With a way out to AWS. */
  readonly subnetIds: readonly string[];
  /** Of the subnets. */
  readonly availabilityZones: readonly string[];
  /** Whether these are public subnets, whose containers need public addresses. */
  readonly assignPublicIp: boolean;
}

/** As `StepcastProgressProps`, with what exists by its name. */
export interface StepcastStackProps
  extends
    StackProps,
    Omit<
      StepcastProgressProps,
      | 'workflows'
      | 'bucket'
      | 'journal'
      | 'identityPool'
      | 'network'
      | 'alarmTopic'
      | 'feedEventBus'
      | 'reports'
    > {
  readonly stateMachineArn: string;
  /** Default: `/aws/vendedlogs/states/{name}-Logs`. */
  readonly logGroupName?: string;
  /** What the state machine logs. Default: every event, with execution data. */
  readonly logging?: WorkflowLogging;
  /** Name of a bucket that exists. Default: a new one. */
  readonly bucket?: string;
  /** Name of a journal that exists. Default: a new one. */
  readonly journalTable?: string;
  /** One that exists: either it keeps its roles, which are named, or it gets new ones. Default: a new one. */
  readonly identityPool?: {
    readonly identityPoolId: string;
    readonly authenticatedRoleName?: string;
    readonly guestRoleName?: string;
    readonly newRoles?: true;
  };
  /** Name or ARN of an event bus that exists and receives the feed for back offices. Default: there is no feed. */
  readonly feedEventBus?: string;
  /** Tasks that may report their own progress: the log groups that they print to, and what a report brings along. */
  readonly reports?: { readonly logGroupNames: readonly string[]; readonly token?: string };
  /** ARN of an SNS topic that receives every alarm. */
  readonly alarmTopicArn?: string;
  /** Gets every alarm by e-mail, by a topic of the stack's own, once it has confirmed. */
  readonly alarmEmail?: string;
  /** Default: a new VPC. */
  readonly network?: NetworkIds;
}

/**
 * Stepcast beside a state machine that exists, as a stack of its own. Its outputs have the names by which
 * `stepcast doctor --stack` reads them, and are what a page is configured with.
 */
export class StepcastStack extends Stack {
  readonly stepcast: StepcastProgress;

  /** Zones are for CloudFormation to choose: to name them, the CDK would ask the account. */
  override get availabilityZones(): string[] {
    return [0, 1].map((index) => Fn.select(index, Fn.getAzs()));
  }

  constructor(scope: Construct, id: string, props: StepcastStackProps) {
    const stackName = stackNameOf(props);
    super(scope, id, {
      description: 'Stepcast: live progress of Step Functions',
      // Elsewhere nothing of this state machine arrives: the CDK refuses credentials of another account.
      env: homeOf(props),
      ...props,
      stackName,
    });
    const { stateMachineArn, logGroupName, logging, bucket: bucketName, network, ...others } = props;
    const { alarmTopicArn, alarmEmail, journalTable, identityPool, feedEventBus, reports, ...rest } = others;
    const topicName = deploymentNames({ stage: props.stage }).named('alarms');
    const alarmTopic = alarmTopicOf(this, { alarmTopicArn, alarmEmail, topicName });
    const workflow = existingWorkflow(this, 'Workflow', {
      stateMachineArn,
      ...(logGroupName === undefined ? {} : { logGroupName }),
      ...(logging === undefined ? {} : { logging }),
    });
    const retainedPerSecond = props.retainedPerSecond ?? retainedPerSecondIn(homeOf(props).region);
    this.stepcast = new StepcastProgress(this, 'Stepcast', {
      ...rest,
      ...(retainedPerSecond === undefined ? {} : { retainedPerSecond }),
      workflows: [workflow],
      ...(bucketName === undefined ? {} : { bucket: s3.Bucket.fromBucketName(this, 'Bucket', bucketName) }),
      ...(alarmTopic === undefined ? {} : { alarmTopic }),
      ...(journalTable === undefined
        ? {}
        : { journal: dynamodb.Table.fromTableName(this, 'Journal', journalTable) }),
      ...(identityPool === undefined ? {} : { identityPool: poolOf(identityPool) }),
      ...(feedEventBus === undefined ? {} : { feedEventBus: existingEventBus(this, feedEventBus) }),
      ...(network === undefined ? {} : { network: existingNetwork(this, network) }),
      ...(reports === undefined ? {} : { reports: reportsOf(this, reports) }),
    });
    // What is made beside the construct, for it.
    putStage(this, this.stepcast.names);
    const { userPool, identityPoolId, bucket, journal, documents, topicNamespace } = this.stepcast;
    const { provisionUrl, signedProvisionUrl, reportToken } = this.stepcast;
    const outputs = {
      Size: props.size ?? 'small',
      ...(props.stage === undefined ? {} : { Stage: props.stage }),
      Region: Aws.REGION,
      UserPoolId: userPool.userPoolId,
      UserPoolClientId: userPool.userPoolClientId,
      IdentityPoolId: identityPoolId,
      // `stepcast destroy` reads it, also of a stack whose resources are half gone.
      IdentityPoolRoles: identityPool?.authenticatedRoleName === undefined ? 'new' : 'existing',
      Bucket: bucket.bucketName,
      JournalTable: journal.tableName,
      IotPolicyName: documents.built.iotPolicy.name,
      IotEndpoint: props.iotEndpoint,
      TopicNamespace: topicNamespace,
      ProvisionUrl: provisionUrl,
      ...(signedProvisionUrl === undefined ? {} : { SignedProvisionUrl: signedProvisionUrl }),
      StateMachineArn: stateMachineArn,
      LogGroupName: workflow.logGroup.logGroupName,
      // For the variable of the tasks, which are not in this stack.
      ...(reportToken === undefined ? {} : { ReportToken: reportToken }),
      // The doctor then checks the right to read the definition.
      ...(props.showWorkflows === true ? { ShowsWorkflows: 'true' } : {}),
      // The doctor then tries the paths on the inputs of recent executions.
      ...(props.startMode === 'observed' ? observedOutputs(props.ownership?.inputPaths ?? []) : {}),
    };
    // 'Bucket' is taken where the bucket exists already; an output is known by its logical ID, not by its place.
    for (const [name, value] of Object.entries(outputs))
      new CfnOutput(this, `Output${name}`, { value }).overrideLogicalId(name);
  }
}

/** Longer outputs are refused by some tools that read them; `stepcast doctor --input-paths` takes the paths by hand. */
const MAX_PATHS_TEXT = 1_000;

function observedOutputs(paths: readonly unknown[]): {
  readonly StartMode: string;
  readonly InputPaths: string;
} {
  const text = JSON.stringify(paths);
  return {
    StartMode: 'observed',
    InputPaths: text.length > MAX_PATHS_TEXT ? 'too long for an output' : text,
  };
}

function poolOf({
  identityPoolId,
  authenticatedRoleName,
  guestRoleName,
}: NonNullable<StepcastStackProps['identityPool']>): ExistingIdentityPool | LeftIdentityPool {
  if (authenticatedRoleName === undefined) return { identityPoolId, newRoles: true };
  return { identityPoolId, authenticatedRoleName, ...(guestRoleName === undefined ? {} : { guestRoleName }) };
}

function existingEventBus(scope: Construct, nameOrArn: string): events.IEventBus {
  return nameOrArn.startsWith('arn:')
    ? events.EventBus.fromEventBusArn(scope, 'FeedEventBus', nameOrArn)
    : events.EventBus.fromEventBusName(scope, 'FeedEventBus', nameOrArn);
}

function reportsOf(
  scope: Construct,
  { logGroupNames, token }: NonNullable<StepcastStackProps['reports']>,
): ReportsProps {
  return {
    from: logGroupNames.map((name, index) => ({
      logGroup: logs.LogGroup.fromLogGroupName(scope, `ReportingLogGroup${index + 1}`, name),
    })),
    ...(token === undefined ? {} : { token }),
  };
}

function existingNetwork(
  scope: Construct,
  { vpcId, subnetIds, availabilityZones, assignPublicIp }: NetworkIds,
): Network {
  const ids = [...subnetIds];
  const vpc = ec2.Vpc.fromVpcAttributes(scope, 'Vpc', {
    vpcId,
    availabilityZones: [...availabilityZones],
    ...(assignPublicIp ? { publicSubnetIds: ids } : { privateSubnetIds: ids }),
  });
  const subnetType = assignPublicIp ? ec2.SubnetType.PUBLIC : ec2.SubnetType.PRIVATE_WITH_EGRESS;
  return { vpc, subnets: { subnetType }, assignPublicIp };
}
