import { Aws, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { type WorkflowLogging } from '@stepcast/wire';
import { type Construct } from 'constructs';
import { type Network } from './containers.ts';
import { Stepcast, type StepcastProps } from './stepcast.ts';
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

/** As `StepcastProps`, with what exists by its name. */
export interface StepcastStackProps
  extends
    StackProps,
    Omit<StepcastProps, 'workflows' | 'bucket' | 'network' | 'alarmTopic' | 'feedEventBus'> {
  readonly stateMachineArn: string;
  /** Default: `/aws/vendedlogs/states/{name}-Logs`. */
  readonly logGroupName?: string;
  /** What the state machine logs. Default: every event, with execution data. */
  readonly logging?: WorkflowLogging;
  /** Name of a bucket that exists. Default: a new one. */
  readonly bucket?: string;
  /** Name or ARN of an event bus that exists and receives the feed for back offices. Default: there is no feed. */
  readonly feedEventBus?: string;
  /** ARN of an SNS topic that receives every alarm. */
  readonly alarmTopicArn?: string;
  /** Default: a new VPC. */
  readonly network?: NetworkIds;
}

/**
 * Stepcast beside a state machine that exists, as a stack of its own. Its outputs have the names by which
 * `stepcast doctor --stack` reads them, and are what a page is configured with.
 */
export class StepcastStack extends Stack {
  readonly stepcast: Stepcast;

  constructor(scope: Construct, id: string, props: StepcastStackProps) {
    super(scope, id, { description: 'Stepcast: live progress of Step Functions', ...props });
    const { stateMachineArn, logGroupName, logging, bucket: bucketName, network, ...others } = props;
    const { alarmTopicArn, feedEventBus, ...rest } = others;
    const workflow = existingWorkflow(this, 'Workflow', {
      stateMachineArn,
      ...(logGroupName === undefined ? {} : { logGroupName }),
      ...(logging === undefined ? {} : { logging }),
    });
    this.stepcast = new Stepcast(this, 'Stepcast', {
      ...rest,
      workflows: [workflow],
      ...(bucketName === undefined ? {} : { bucket: s3.Bucket.fromBucketName(this, 'Bucket', bucketName) }),
      ...(alarmTopicArn === undefined
        ? {}
        : { alarmTopic: sns.Topic.fromTopicArn(this, 'AlarmTopic', alarmTopicArn) }),
      ...(feedEventBus === undefined ? {} : { feedEventBus: existingEventBus(this, feedEventBus) }),
      ...(network === undefined ? {} : { network: existingNetwork(this, network) }),
    });
    const { userPool, identityPoolId, bucket, topicNamespace, provisionUrl, signedProvisionUrl } =
      this.stepcast;
    const outputs = {
      Size: props.size ?? 'small',
      Region: Aws.REGION,
      UserPoolId: userPool.userPoolId,
      UserPoolClientId: userPool.userPoolClientId,
      IdentityPoolId: identityPoolId,
      Bucket: bucket.bucketName,
      IotEndpoint: props.iotEndpoint,
      TopicNamespace: topicNamespace,
      ProvisionUrl: provisionUrl,
      ...(signedProvisionUrl === undefined ? {} : { SignedProvisionUrl: signedProvisionUrl }),
      StateMachineArn: stateMachineArn,
      LogGroupName: workflow.logGroup.logGroupName,
    };
    // 'Bucket' is taken where the bucket exists already; an output is known by its logical ID, not by its place.
    for (const [name, value] of Object.entries(outputs))
      new CfnOutput(this, `Output${name}`, { value }).overrideLogicalId(name);
  }
}

function existingEventBus(scope: Construct, nameOrArn: string): events.IEventBus {
  return nameOrArn.startsWith('arn:')
    ? events.EventBus.fromEventBusArn(scope, 'FeedEventBus', nameOrArn)
    : events.EventBus.fromEventBusName(scope, 'FeedEventBus', nameOrArn);
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
