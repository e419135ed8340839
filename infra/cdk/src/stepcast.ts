import { Aws } from 'aws-cdk-lib';
import { type HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as events from 'aws-cdk-lib/aws-events';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { DEFAULT_KEY_TEMPLATE, DEFAULT_TOPIC_NAMESPACE, keyTemplate } from '@stepcast/contracts';
import { type KvsConfig } from '@stepcast/policies';
import { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import {
  builtImages,
  Containers,
  ownNetwork,
  type Architecture,
  type Images,
  type Network,
  type WayOut,
} from './containers.ts';
import { deploymentDocuments, type Documents } from './documents.ts';
import { environmentsOf, type LogLevel } from './environment.ts';
import { EventRules } from './events.ts';
import { Forwarder } from './forwarder.ts';
import {
  Identities,
  identityPool,
  People,
  type ExistingIdentityPool,
  type UserPoolRef,
} from './identities.ts';
import { journalTable } from './journal.ts';
import { SIGNED_STAGE_NAME } from './names.ts';
import { Provisioner } from './provisioner.ts';
import { Queues } from './queues.ts';
import { signedApi, SignedProvisioner } from './signed-provisioner.ts';
import { mostOf, type Size } from './size.ts';
import { DEFAULT_COPIES, deployLarge, deploySmall, type AllCopies } from './sizes.ts';
import { denyForeign, UploadBucket } from './upload-bucket.ts';
import { allowLogDelivery, nameOf, type Workflow } from './workflow.ts';

export interface StepcastProps {
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
  /** Default: a new identity pool. */
  readonly identityPool?: ExistingIdentityPool;
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
  /**
   * Receives the feed for back offices: who uploaded what, and which execution began and ended. One that exists, in the region of the
   * deployment; in another account its policy must let this one put events. Default none: there is no feed.
   */
  readonly feedEventBus?: events.IEventBus;
  /** Receives every alarm. Default none: alarms only show their state. */
  readonly alarmTopic?: sns.ITopic;
  /** The least severe of what services and functions log. Default `info`. */
  readonly logLevel?: LogLevel;
  /** How long logs of services, functions and APIs stay: a number of days that CloudWatch Logs takes. Default 30. */
  readonly logRetentionDays?: number;
  /** How long items of the journal live, in days, from 14: a failed execution can be redriven for so long. Default 30. */
  readonly retentionDays?: number;
}

/** All of Stepcast beside your workflow. One for an account and region: its names are fixed, as the doctor knows them. */
export class Stepcast extends Construct {
  readonly bucket: s3.IBucket;
  readonly userPool: UserPoolRef;
  readonly identityPoolId: string;
  readonly queues: Queues;
  readonly journal: dynamodb.Table;
  readonly documents: Documents;
  readonly forwarder: Forwarder;
  readonly topicNamespace: string;
  /** Address of `POST /v1/provision`. */
  readonly provisionUrl: string;
  /** The same for signed requests, if these are taken. */
  readonly signedProvisionUrl: string | undefined;

  constructor(scope: Construct, id: string, props: StepcastProps) {
    super(scope, id);
    const { workflows, origins, identityPool: existing } = props;
    const { startMode = 'observed', guests = false, guestUploads = false, size = 'small' } = props;
    if (size === 'small' && props.copies !== undefined)
      throw new TypeError('"copies" belongs to the size "large": in "small" there is one engine');
    const copies = { ...DEFAULT_COPIES, ...props.copies };
    const [{ stateMachine }, ...more] = workflows;
    if (startMode === 'managed' && more.length > 0)
      throw new TypeError('startMode "managed" starts one state machine; several can only be observed');
    const keys = keyTemplate(props.keyTemplate ?? DEFAULT_KEY_TEMPLATE);
    const topicNamespace = props.topicNamespace ?? DEFAULT_TOPIC_NAMESPACE;

    const userPool = props.userPool ?? new People(this, 'People');
    const identityPoolId =
      existing?.identityPoolId ?? identityPool(this, 'IdentityPool', { userPool, guests });
    const bucket = props.bucket ?? new UploadBucket(this, 'Uploads', { origins }).bucket;
    const api = props.signedProvisioning === true ? signedApi(this, 'SignedApi', origins) : undefined;
    const documents = this.#documentsOf(props, { bucket, identityPoolId, guestUploads, api });
    new Identities(this, 'Identities', {
      documents,
      userPool,
      identityPoolId,
      existing,
      guests,
      groups: {
        speakers: props.kvs?.speakers ?? 'speakers',
        listeners: props.kvs?.listeners ?? 'listeners',
      },
    });
    denyForeign(this, 'BucketPolicy', { bucket, documents });

    const queues = new Queues(this, 'Queues', {
      firstLogins: props.firstLogins ?? false,
      progress: size === 'large',
    });
    new EventRules(this, 'Rules', { bucket, keys, workflows, startMode, identityPoolId, queues });
    allowLogDelivery(this, 'LogDelivery', workflows);
    const environments = environmentsOf({
      queues,
      bucketName: bucket.bucketName,
      keyTemplate: keys.template,
      topicNamespace,
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
      feedEventBus: props.feedEventBus?.eventBusArn,
      logLevel: props.logLevel,
      retentionDays: props.retentionDays,
    });
    const forwarder = new Forwarder(this, 'Forwarder', {
      documents,
      queues,
      workflows,
      environment: environments.forwarder,
    });
    const network = props.network ?? ownNetwork(this, 'Network', props.wayOut);
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
    const { url } = new Provisioner(this, 'Provisioner', { userPool, origins, throttle, answeredBy });
    const role = documents.built.signedProvisioner;
    if (api !== undefined && role !== undefined)
      this.signedProvisionUrl = new SignedProvisioner(this, 'SignedProvisioner', {
        api,
        role,
        documents,
        throttle: signedThrottle,
        environment: environments.signedProvisioner,
      }).url;
    new Alarms(this, 'Alarms', { queues, forwarder, workflows, topic: props.alarmTopic });

    const { logRetentionDays } = props;
    if (logRetentionDays !== undefined)
      for (const child of this.node.findAll())
        if (child instanceof logs.CfnLogGroup) child.retentionInDays = logRetentionDays;

    this.bucket = bucket;
    this.userPool = userPool;
    this.identityPoolId = identityPoolId;
    this.documents = documents;
    this.queues = queues;
    this.journal = journalTable(this, 'Journal');
    this.forwarder = forwarder;
    this.topicNamespace = topicNamespace;
    this.provisionUrl = url;
  }

  #documentsOf(
    props: StepcastProps,
    known: {
      readonly bucket: s3.IBucket;
      readonly identityPoolId: string;
      readonly guestUploads: boolean;
      readonly api: HttpApi | undefined;
    },
  ): Documents {
    const { kvs, identityPool: existing, workflows, startMode = 'observed' } = props;
    return deploymentDocuments({
      partition: Aws.PARTITION,
      region: Aws.REGION,
      accountId: Aws.ACCOUNT_ID,
      bucket: known.bucket.bucketName,
      identityPoolId: known.identityPoolId,
      guestUploads: known.guestUploads,
      ...(props.keyTemplate === undefined ? {} : { keyTemplate: props.keyTemplate }),
      ...(props.topicNamespace === undefined ? {} : { topicNamespace: props.topicNamespace }),
      ...(kvs === undefined ? {} : { kvs }),
      ...(known.api === undefined
        ? {}
        : { signedApi: { apiId: known.api.apiId, stageName: SIGNED_STAGE_NAME } }),
      ...(existing === undefined ? {} : { authenticatedRoleName: existing.authenticatedRoleName }),
      ...(existing?.guestRoleName === undefined ? {} : { guestRoleName: existing.guestRoleName }),
      services: {
        stateMachineNames: workflows.map((workflow) => nameOf(this, workflow)),
        startMode,
        firstLogins: props.firstLogins ?? false,
        ...(props.feedEventBus === undefined ? {} : { feedEventBus: props.feedEventBus.eventBusArn }),
        provisionerHost: (props.size ?? 'small') === 'small' ? 'functions' : 'container',
      },
    });
  }
}
