import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { DEFAULT_KEY_TEMPLATE, keyTemplate } from '@stepcast/contracts';
import { type BucketDenies, type KvsConfig } from '@stepcast/policies';
import { deploymentNames, isStage, type DeploymentNames } from '@stepcast/wire';
import { Construct } from 'constructs';
import {
  builtImages,
  Containers,
  ownNetwork,
  type Architecture,
  type Images,
  type Network,
  type WayOut,
} from './containers.ts';
import { type Documents } from './documents.ts';
import { environmentsOf, type LogLevel } from './environment.ts';
import { EventRules } from './events.ts';
import { Forwarder } from './forwarder.ts';
import {
  Identities,
  identityPool,
  People,
  type ExistingIdentityPool,
  type LeftIdentityPool,
  type UserPoolRef,
} from './identities.ts';
import { journalTable } from './journal.ts';
import { documentsOf, keptRolesOf } from './progress-documents.ts';
import { Provisioner } from './provisioner.ts';
import { Queues } from './queues.ts';
import { signedApi, SignedProvisioner } from './signed-provisioner.ts';
import { mostOf, type Size } from './size.ts';
import { DEFAULT_COPIES, deployLarge, deploySmall, type AllCopies } from './sizes.ts';
import { putStage } from './stage.ts';
import { denyForeign, UploadBucket } from './upload-bucket.ts';
import { deploymentOf, watch, type WatchSettings } from './watch/watch.ts';
import { allowLogDelivery, type Workflow } from './workflow.ts';

export interface StepcastProgressProps extends WatchSettings {
  /**
   * A word such as `dev`, 1 to 12 lower-case letters and digits, in every name: several stages fit into one account and region.
   * Default none.
   */
  readonly stage?: string;
  /** Default: a new table. One that exists has the keys and the expiry of the journal, as an earlier deployment leaves it. */
  readonly journal?: dynamodb.ITable;
  /**
   * Whether AWS refuses to delete journal and user pool by hand too. Switch it on once the first deployment has succeeded: with it, one
   * that fails cannot be rolled back. Default false.
   */
  readonly deletionProtection?: boolean;
  /** How long a version of a file stays once it is overwritten or deleted, in days. Default 30. */
  readonly noncurrentVersionDays?: number;
  /**
   * What the bucket policy denies: `full` (default), or `withoutIdentity`, which leaves out what rests on Cognito's condition key
   * in resource policies; the role policies alone then keep people apart.
   */
  readonly bucketDenies?: BucketDenies;
  /**
   * `small` (default): one engine on Fargate with a quarter of a processor, and the provisioner as functions. `large`:
   * correlator and publisher apart, each scaled by its queue, and the provisioner as a container.
   */
  readonly size?: Size;
  /** The state machines to watch. One, where Stepcast starts it (`startMode: 'managed'`). */
  readonly workflows: readonly [Workflow, ...Workflow[]];
  /** Data endpoint of AWS IoT: `aws iot describe-endpoint --endpoint-type iot:Data-ATS`. */
  readonly iotEndpoint: string;
  /** Origins of the web pages that upload and listen, for example `https://app.example.com`. */
  readonly origins: readonly string[];
  /** `managed`: Stepcast starts an execution for each upload; `observed` (default): somebody else does. */
  readonly startMode?: 'managed' | 'observed';
  /** Default: a new user pool. */
  readonly userPool?: UserPoolRef;
  /** Default: a new identity pool. One that exists keeps its roles, which are extended; one that an earlier deployment left gets new ones. */
  readonly identityPool?: ExistingIdentityPool | LeftIdentityPool;
  /**
   * Default: a new bucket. Of one that exists, CloudFormation can set neither CORS nor notifications: `stepcast doctor`
   * prints the commands.
   */
  readonly bucket?: s3.IBucket;
  /** Default `users/{identityId}/`. */
  readonly keyTemplate?: string;
  /** Default `stepcast/v1`. */
  readonly topicNamespace?: string;
  /** Whether people may come in without signing in. Default false. */
  readonly guests?: boolean;
  /** Whether guests may upload; see `PolicyConfig.guestUploads` for what that costs. Default false. */
  readonly guestUploads?: boolean;
  /** Kinesis Video Streams signaling, with the user pool groups of the roles for speakers and listeners. */
  readonly kvs?: KvsConfig & { readonly speakers?: string; readonly listeners?: string };
  /** Whether the provisioner takes CloudTrail's records of logins too; a trail must log them. Default false. */
  readonly firstLogins?: boolean;
  /**
   * Whether CloudTrail's records of writes below the key template's prefix count as proofs of who uploaded; a trail must log data
   * events of these objects. Only successful writes count. Default false: the key proves the owner where IAM pins the prefix.
   */
  readonly cloudTrailProof?: boolean;
  /**
   * Whether people may be provisioned by a request signed with their pool credentials too, at an API of its own with IAM
   * authorization. Default false.
   */
  readonly signedProvisioning?: boolean;
  /** Default: a VPC of its own. */
  readonly network?: Network;
  /**
   * How containers in a VPC of its own reach AWS. `publicAddress` (default): each has a public IPv4 address ($3.65 a month) and lets
   * nobody in; without an address, containers on Fargate need another way out, and any other costs more. `natGateway`: no public
   * addresses, and one NAT gateway (about $33 a month, and by the GB).
   */
  readonly wayOut?: WayOut;
  /**
   * Zones of the VPC that is made, for example `us-east-1b`. Default the first two of the region. In the size `large` each has to offer VPC
   * links of API Gateway, which some do not.
   */
  readonly zones?: readonly [string, string, ...string[]];
  /** Of all containers. Default `arm64`; building its image on another machine takes Docker's emulation. */
  readonly architecture?: Architecture;
  /** Whether CloudWatch collects metrics of each container, charged as one's own metrics are. Default false. */
  readonly containerInsights?: boolean;
  /** Default: built from this repository's Dockerfile. */
  readonly images?: Images;
  /**
   * How many of each run in the size `large`: a number, or bounds between which the queue decides. Default 2 to 6 correlators,
   * 2 to 4 publishers, 1 provisioner.
   */
  readonly copies?: Partial<AllCopies>;
  /** How often attachments are compared with identities. Default 60; 0: never. */
  readonly reconcileMinutes?: number;
  /** What may leave of inputs and outputs: JSON, as `STEPCAST_PROJECTIONS` takes it. Default nothing. */
  readonly projections?: string;
  /** Receives every alarm. Default none: alarms only show their state. */
  readonly alarmTopic?: sns.ITopic;
  /** Retained messages a second that AWS IoT takes of the account. Default 500, the quota of large regions. */
  readonly retainedPerSecond?: number;
  /** The least severe of what services and functions log. Default `info`. */
  readonly logLevel?: LogLevel;
  /** How long logs of services, functions and APIs stay: a number of days that CloudWatch Logs takes. Default 30. */
  readonly logRetentionDays?: number;
  /** How long items of the journal live, in days, from 14: a failed execution can be redriven for so long. Default 30. */
  readonly retentionDays?: number;
}

/**
 * All of Stepcast beside your workflow. One for an account, region and stage, which are in its names.
 *
 * @example
 * new StepcastProgress(this, 'Progress', {
 *   workflows: [{ stateMachine, logGroup }],
 *   iotEndpoint: 'a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com',
 *   origins: ['https://app.example.com'],
 * });
 */
export class StepcastProgress extends Construct {
  readonly bucket: s3.IBucket;
  readonly userPool: UserPoolRef;
  readonly identityPoolId: string;
  readonly queues: Queues;
  readonly journal: dynamodb.ITable;
  readonly names: DeploymentNames;
  readonly documents: Documents;
  readonly forwarder: Forwarder;
  readonly topicNamespace: string;
  /** Address of `POST /v1/provision`. */
  readonly provisionUrl: string;
  /** The same for signed requests, if these are taken. */
  readonly signedProvisionUrl: string | undefined;

  constructor(scope: Construct, id: string, props: StepcastProgressProps) {
    super(scope, id);
    const { workflows, origins, deletionProtection = false } = props;
    const { startMode = 'observed', guests = false, guestUploads = false, size = 'small' } = props;
    if (size === 'small' && props.copies !== undefined)
      throw new TypeError('"copies" belongs to the size "large": in "small" there is one engine');
    const copies = { ...DEFAULT_COPIES, ...props.copies };
    const [{ stateMachine }, ...more] = workflows;
    if (startMode === 'managed' && more.length > 0)
      throw new TypeError('startMode "managed" starts one state machine; several can only be observed');
    const keys = keyTemplate(props.keyTemplate ?? DEFAULT_KEY_TEMPLATE);
    if (props.stage !== undefined && !isStage(props.stage))
      throw new TypeError(`"${props.stage}" is no stage: 1 to 12 lower-case letters and digits, such as dev`);
    const names = deploymentNames({ stage: props.stage });
    const topicNamespace = props.topicNamespace ?? names.topicNamespace;

    const userPool = props.userPool ?? new People(this, 'People', { names, deletionProtection });
    const identityPoolId =
      props.identityPool?.identityPoolId ?? identityPool(this, 'IdentityPool', { userPool, guests, names });
    const { noncurrentVersionDays } = props;
    const bucket =
      props.bucket ??
      new UploadBucket(this, 'Uploads', {
        names,
        origins,
        ...(noncurrentVersionDays === undefined ? {} : { noncurrentVersionDays }),
      }).bucket;
    const journal = props.journal ?? journalTable(this, 'Journal', { names, deletionProtection });
    const api =
      props.signedProvisioning === true
        ? signedApi(this, 'SignedApi', origins, names.signedProvisioner)
        : undefined;
    const journalTableName = props.journal?.tableName ?? names.journalTable;
    const documents = documentsOf(this, props, {
      bucket,
      journalTableName,
      identityPoolId,
      guestUploads,
      api,
    });
    new Identities(this, 'Identities', {
      documents,
      userPool,
      identityPoolId,
      existing: keptRolesOf(props),
      guests,
      groups: {
        speakers: props.kvs?.speakers ?? 'speakers',
        listeners: props.kvs?.listeners ?? 'listeners',
      },
    });
    denyForeign(this, 'BucketPolicy', { bucket, documents });

    const queues = new Queues(this, 'Queues', {
      names,
      firstLogins: props.firstLogins ?? false,
      progress: size === 'large',
    });
    new EventRules(this, 'Rules', {
      names,
      bucket,
      keys,
      workflows,
      startMode,
      identityPoolId,
      queues,
      cloudTrailProof: props.cloudTrailProof ?? false,
    });
    allowLogDelivery(this, 'LogDelivery', workflows, names);
    const environments = environmentsOf({
      queues,
      bucketName: bucket.bucketName,
      keyTemplate: keys.template,
      topicNamespace,
      journalTableName,
      startMode,
      stateMachineArn: stateMachine.stateMachineArn,
      iotEndpoint: props.iotEndpoint,
      iotPolicyName: documents.built.iotPolicy.name,
      userPool,
      identityPoolId,
      origins,
      guestUploads,
      reconcileMinutes: props.reconcileMinutes ?? 60,
      mostPublishers: mostOf(copies.publisher),
      projections: props.projections,
      logLevel: props.logLevel,
      retainedPerSecond: props.retainedPerSecond,
      metrics: props.metrics ?? 'essential',
      deployment: deploymentOf(this),
      retentionDays: props.retentionDays,
    });
    const forwarder = new Forwarder(this, 'Forwarder', {
      documents,
      queues,
      workflows,
      environment: environments.forwarder,
    });
    const network = props.network ?? ownNetwork(this, 'Network', props.wayOut, names.prefix, props.zones);
    const images = props.images ?? builtImages;
    const { architecture = 'arm64', containerInsights = false } = props;
    const parts = {
      containers: new Containers(this, 'Containers', {
        network,
        images,
        documents,
        architecture,
        containerInsights,
      }),
      network,
      documents,
      environments,
      queues,
      reconcileMinutes: props.reconcileMinutes ?? 60,
      signedProvisioning: api !== undefined,
    };
    const deployed = size === 'small' ? deploySmall(parts) : deployLarge(parts, copies);
    const { answeredBy, throttle, signedThrottle } = deployed;
    const { url } = new Provisioner(this, 'Provisioner', { names, userPool, origins, throttle, answeredBy });
    const role = documents.built.signedProvisioner;
    if (api !== undefined && role !== undefined)
      this.signedProvisionUrl = new SignedProvisioner(this, 'SignedProvisioner', {
        api,
        role,
        documents,
        throttle: signedThrottle,
        environment: environments.signedProvisioner,
      }).url;
    watch(this, { queues, workflows, journal, topic: props.alarmTopic, settings: props });

    putStage(this, names);
    const { logRetentionDays } = props;
    if (logRetentionDays !== undefined)
      for (const child of this.node.findAll())
        if (child instanceof logs.CfnLogGroup) child.retentionInDays = logRetentionDays;

    this.bucket = bucket;
    this.userPool = userPool;
    this.identityPoolId = identityPoolId;
    this.documents = documents;
    this.queues = queues;
    this.journal = journal;
    this.names = names;
    this.forwarder = forwarder;
    this.topicNamespace = topicNamespace;
    this.provisionUrl = url;
  }
}
