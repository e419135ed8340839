import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as logs from 'aws-cdk-lib/aws-logs';
import { DEFAULT_KEY_TEMPLATE, keyTemplate } from '@stepcast/contracts';
import { deploymentNames, isStage, type DeploymentNames } from '@stepcast/wire';
import { Construct } from 'constructs';
import { builtImages, Containers, MAX_HEALTHY_PERCENT, ownNetwork } from './containers.ts';
import { type Documents } from './documents.ts';
import { environmentsOf } from './environment.ts';
import { EventRules } from './events.ts';
import { Forwarder } from './forwarder.ts';
import { Identities, identityPool, People, type UserPoolRef } from './identities.ts';
import { journalTable } from './journal.ts';
import { documentsOf, existingRolesOf } from './progress-documents.ts';
import { type StepcastProgressProps } from './progress-props.ts';
import { FUNCTION_THROTTLE, SHARED_FUNCTION_THROTTLE } from './provisioner-functions.ts';
import { Provisioner } from './provisioner.ts';
import { Queues } from './queues.ts';
import { reportTokenOf, takeReports } from './reports.ts';
import { signedApi, SignedProvisioner } from './signed-provisioner.ts';
import { mostOf } from './size.ts';
import { DEFAULT_COPIES, deployLarge, deploySmall } from './sizes.ts';
import { putStage } from './stage.ts';
import { denyForeign, UploadBucket } from './upload-bucket.ts';
import { deploymentOf, watch } from './watch/watch.ts';
import { allowLogDelivery, nameOf } from './workflow.ts';

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
  /** For the variable `STEPCAST_REPORT_TOKEN` of whatever reports its progress and is no function named in `reports`. */
  readonly reportToken: string | undefined;

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
      existing: existingRolesOf(props),
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
    const { reports } = props;
    this.reportToken = reports === undefined ? undefined : reportTokenOf(this, reports);
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
      shownWorkflows: props.showWorkflows === true ? workflows.map((one) => nameOf(this, one)) : [],
      publisherService: `${names.prefix}/${names.named('publisher')}`,
      mostPublishers: (mostOf(copies.publisher) * MAX_HEALTHY_PERCENT) / 100,
      projections: props.projections,
      inputPaths: props.ownership?.inputPaths ?? [],
      reportToken: this.reportToken,
      feedEventBus: props.feedEventBus?.eventBusArn,
      logLevel: props.logLevel,
      retainedPerSecond: props.retainedPerSecond,
      metrics: props.metrics ?? 'essential',
      deployment: deploymentOf(this),
      collector: props.collector,
      retentionDays: props.retentionDays,
    });
    const forwarder = new Forwarder(this, 'Forwarder', {
      documents,
      queues,
      workflows,
      environment: environments.forwarder,
    });
    if (reports !== undefined && this.reportToken !== undefined)
      takeReports(this, forwarder, reports, this.reportToken);
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
      environments,
      queues,
    };
    if (size === 'small') deploySmall(parts);
    else deployLarge(parts, copies);
    const throttle = api === undefined ? FUNCTION_THROTTLE : SHARED_FUNCTION_THROTTLE;
    const { url } = new Provisioner(this, 'Provisioner', {
      documents,
      environments,
      userPool,
      origins,
      throttle,
      reconcileMinutes: props.reconcileMinutes ?? 60,
      firstLogins: queues.firstLogins,
    });
    const role = documents.built.signedProvisioner;
    if (api !== undefined && role !== undefined)
      this.signedProvisionUrl = new SignedProvisioner(this, 'SignedProvisioner', {
        api,
        role,
        documents,
        throttle,
        environment: environments.signedProvisioner,
      }).url;
    const reportLogGroups = (reports?.from ?? []).map(({ logGroup }) => logGroup);
    watch(this, { queues, workflows, reportLogGroups, journal, topic: props.alarmTopic, settings: props });

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
