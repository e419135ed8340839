import { Aws, Duration } from 'aws-cdk-lib';
import { ENV, type InputPath } from '@stepcast/wire';
import { type ProvisionerFunction, type ServiceName } from '@stepcast/policies';
import { type UserPoolRef } from './identities.ts';
import { type Queues } from './queues.ts';

/** The configuration of the services. */
export interface ServiceFacts {
  readonly queues: Queues;
  readonly bucketName: string;
  readonly keyTemplate: string;
  readonly topicNamespace: string;
  readonly journalTableName: string;
  readonly startMode: 'managed' | 'observed';
  /** Of the machine that is started in managed mode. */
  readonly stateMachineArn: string;
  readonly iotEndpoint: string;
  readonly iotPolicyName: string;
  readonly userPool: UserPoolRef;
  readonly identityPoolId: string;
  readonly origins: readonly string[];
  readonly guestUploads: boolean;
  /** Names of the state machines whose outline people may see. */
  readonly shownWorkflows: readonly string[];
  /** The publisher's ECS service, `cluster/service` by name. */
  readonly publisherService: string;
  /** How many publishers run at most, those of a deployment included. */
  readonly mostPublishers: number;
  readonly projections: string | undefined;
  readonly inputPaths: readonly InputPath[];
  /** What a task's own report has to bring along; undefined: none is taken. */
  readonly reportToken: string | undefined;
  readonly logLevel: LogLevel | undefined;
  readonly retainedPerSecond: number | undefined;
  /** Which counters the containers write for CloudWatch, and under which name of the deployment. */
  readonly metrics: 'off' | 'essential' | 'all';
  readonly deployment: string;
  readonly collector: Collector | undefined;
  /** ARN of the event bus of the feed for back offices. */
  readonly feedEventBus: string | undefined;
  /** How long items of the journal live. */
  readonly retentionDays: number | undefined;
}

/** A collector of OpenTelemetry. */
export interface Collector {
  /** Where it takes OTLP over HTTP, without `/v1/…`; reached from the containers, whose security groups let them out to its port. */
  readonly endpoint: string;
  /** Share of uploads that are traced, from 0 to 1. Default 1. */
  readonly tracesShare?: number;
}

/** The least severe of what services log. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

type Variables = Readonly<Record<string, string>>;

/** Services that run as one container or function, and the provisioner's functions. */
type EnvironmentName =
  Exclude<ServiceName, 'provisioner'> | 'signedProvisioner' | `provisioner.${ProvisionerFunction}`;

/**
 * The environment variables of every service and of the provisioner's functions; tests read them with the services' own
 * schemas. Correlator and publisher find their queue among them only where it is deployed.
 */
export function environmentsOf(facts: ServiceFacts): Readonly<Record<EnvironmentName, Variables>> {
  const { queues, userPool, startMode, projections, logLevel, retentionDays, metrics, deployment } = facts;
  const logging: Variables = logLevel === undefined ? {} : { [ENV.logLevel]: logLevel };
  // Of containers: functions have CloudWatch's own metrics, and write nothing of what goes well.
  const counted: Variables =
    metrics === 'off' ? {} : { [ENV.metrics]: metrics, [ENV.deployment]: deployment };
  const { collector } = facts;
  const collected: Variables =
    collector === undefined ? {} : { [ENV.otlpEndpoint]: collector.endpoint, [ENV.deployment]: deployment };
  const traced: Variables =
    collector === undefined ? {} : { ...collected, [ENV.tracesShare]: String(collector.tracesShare ?? 1) };
  const expiry: Variables =
    retentionDays === undefined
      ? {}
      : { STEPCAST_RETENTION_SECONDS: String(Duration.days(retentionDays).toSeconds()) };
  const deadLetters = { [ENV.deadLetterQueueUrl]: queues.deadLetters.queueUrl };
  const leaving: Variables = projections === undefined ? {} : { STEPCAST_PROJECTIONS: projections };
  const feed: Variables = facts.feedEventBus === undefined ? {} : { [ENV.feedEventBus]: facts.feedEventBus };
  const journal = { [ENV.journalTable]: facts.journalTableName };
  const started: Variables = startMode === 'managed' ? { [ENV.stateMachineArn]: facts.stateMachineArn } : {};
  const topics = { [ENV.topicNamespace]: facts.topicNamespace };
  const handover: Variables =
    queues.progress === undefined ? {} : { [ENV.progressQueueUrl]: queues.progress.queueUrl };
  const inputs: Variables =
    facts.inputPaths.length === 0 ? {} : { STEPCAST_OWNERSHIP_INPUT_PATHS: JSON.stringify(facts.inputPaths) };
  const correlation = {
    ...logging,
    ...counted,
    ...traced,
    ...expiry,
    ...deadLetters,
    ...leaving,
    ...inputs,
    ...feed,
    ...journal,
    [ENV.bucket]: facts.bucketName,
    [ENV.keyTemplate]: facts.keyTemplate,
    [ENV.startMode]: startMode,
    ...started,
    [ENV.uploadsQueueUrl]: queues.uploads.queueUrl,
    [ENV.statusQueueUrl]: queues.status.queueUrl,
    [ENV.eventsQueueUrl]: queues.events.queueUrl,
  };
  const publishing = {
    ...logging,
    ...counted,
    ...traced,
    ...deadLetters,
    ...journal,
    ...topics,
    [ENV.mqttUrl]: `aws-iot://${facts.iotEndpoint}`,
    ...(facts.retainedPerSecond === undefined
      ? {}
      : { STEPCAST_MQTT_RETAINED_PER_SECOND: String(facts.retainedPerSecond) }),
  };
  const provisioner = {
    ...logging,
    ...topics,
    [ENV.accountId]: Aws.ACCOUNT_ID,
    [ENV.identityPoolId]: facts.identityPoolId,
    [ENV.userPoolId]: userPool.userPoolId,
    [ENV.userPoolClientId]: userPool.userPoolClientId,
    [ENV.iotPolicyName]: facts.iotPolicyName,
    [ENV.allowedOrigins]: facts.origins.join(','),
    [ENV.guestUploads]: String(facts.guestUploads),
    ...(facts.shownWorkflows.length === 0 ? {} : { [ENV.shownWorkflows]: facts.shownWorkflows.join(',') }),
  };
  return {
    forwarder: {
      ...logging,
      ...deadLetters,
      ...leaving,
      [ENV.eventsQueueUrl]: queues.events.queueUrl,
      ...(facts.reportToken === undefined ? {} : { [ENV.reportToken]: facts.reportToken }),
    },
    engine: { ...correlation, ...publishing },
    correlator: { ...correlation, ...handover },
    publisher: {
      ...publishing,
      ...handover,
      // Each copy asks ECS how many there are, and takes its share of what all together may do to retained topics.
      STEPCAST_PUBLISHER_SERVICE: facts.publisherService,
      // What holds while ECS does not say: the most that can run at once, which is during a deployment.
      STEPCAST_PUBLISHER_COPIES: String(facts.mostPublishers),
    },
    signedProvisioner: provisioner,
    'provisioner.byToken': provisioner,
    'provisioner.reconcile': provisioner,
    'provisioner.firstLogins': { ...provisioner, ...deadLetters },
  };
}
