import { Aws } from 'aws-cdk-lib';
import { type HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { DEFAULT_KEY_TEMPLATE, DEFAULT_TOPIC_NAMESPACE, keyTemplate } from '@stepcast/contracts';
import { type KvsConfig } from '@stepcast/policies';
import { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import { builtImages, Containers, ownNetwork, type Images, type Network } from './containers.ts';
import { deploymentDocuments, type Documents } from './documents.ts';
import { environmentsOf } from './environment.ts';
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
import { denyForeign, UploadBucket } from './upload-bucket.ts';
import { allowLogDelivery, nameOf, type Workflow } from './workflow.ts';

export interface StepcastProps {
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
  /** Default: a VPC with public subnets and no NAT gateway. */
  readonly network?: Network;
  /** Default: built from this repository's Dockerfile. */
  readonly images?: Images;
  /** How many of each run. Default 2 correlators, 2 publishers, 1 provisioner. */
  readonly copies?: Partial<Readonly<Record<'correlator' | 'publisher' | 'provisioner', number>>>;
  /** How often attachments are compared with identities. Default 60; 0: never. */
  readonly reconcileMinutes?: number;
  /** What may leave of inputs and outputs: JSON, as `STEPCAST_PROJECTIONS` takes it. Default nothing. */
  readonly projections?: string;
  /** Told of alarms. */
  readonly alarmTopic?: sns.ITopic;
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
    const { startMode = 'observed', guests = false, guestUploads = false, copies = {} } = props;
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

    const queues = new Queues(this, 'Queues', { firstLogins: props.firstLogins ?? false });
    new EventRules(this, 'Rules', { bucket, keys, workflows, startMode, identityPoolId, queues });
    allowLogDelivery(this, 'LogDelivery', workflows);
    const { correlator = 2, publisher = 2, provisioner = 1 } = copies;
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
      publisherCopies: publisher,
      projections: props.projections,
    });
    const forwarder = new Forwarder(this, 'Forwarder', {
      documents,
      queues,
      workflows,
      environment: environments.forwarder,
    });
    const network = props.network ?? ownNetwork(this, 'Network');
    const images = props.images ?? builtImages;
    const containers = new Containers(this, 'Containers', { network, images, documents });
    const larger = { cpu: 512, memoryMiB: 1_024 };
    containers.service('correlator', {
      ...larger,
      copies: correlator,
      environment: environments.correlator,
    });
    containers.service('publisher', { ...larger, copies: publisher, environment: environments.publisher });
    const { url } = new Provisioner(this, 'Provisioner', {
      containers,
      network,
      userPool,
      origins,
      copies: provisioner,
      environment: environments.provisioner,
    });
    const role = documents.built.signedProvisioner;
    if (api !== undefined && role !== undefined)
      this.signedProvisionUrl = new SignedProvisioner(this, 'SignedProvisioner', {
        api,
        role,
        documents,
        environment: environments.signedProvisioner,
      }).url;
    new Alarms(this, 'Alarms', { queues, forwarder, workflows, topic: props.alarmTopic });

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
      },
    });
  }
}
