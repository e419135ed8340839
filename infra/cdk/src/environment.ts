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
  readonly reconcileMinutes: number;
  /** How many publishers run at most. */
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
  /** ARN of the event bus of the feed for back offices. */
  readonly feedEventBus: string | undefined;
  /** How long items of the journal live. */
  readonly retentionDays: number | undefined;
}

/** The least severe of what services log. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

type Variables = Readonly<Record<string, string>>;

/** Services, and the provisioner's functions. */
type EnvironmentName = ServiceName | 'signedProvisioner' | `provisioner.${ProvisionerFunction}`;

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
  const expiry: Variables =
    retentionDays === undefined
      ? {}
      : { STEPCAST_RETENTION_SECONDS: String(Duration.days(retentionDays).toSeconds()) };
  const deadLetters = { [ENV.deadLetterQueueUrl]: queues.deadLetters.queueUrl };
  const leaving: Variables = projections === undefined ? {} : { STEPCAST_PROJECTIONS: projections };
  const feed: Variables = facts.feedEventBus === undefined ? {} : { [ENV.feedEventBus]: facts.feedEventBus };
  const journal = { [ENV.journalTable]: facts.journalTableName };
  const started: Variables = startMode === 'managed' ? { [ENV.stateMachineArn]: facts.stateMachineArn } : {};
  const logins: Variables =
    queues.firstLogins === undefined ? {} : { [ENV.firstLoginsQueueUrl]: queues.firstLogins.queueUrl };
  const topics = { [ENV.topicNamespace]: facts.topicNamespace };
  const handover: Variables =
    queues.progress === undefined ? {} : { [ENV.progressQueueUrl]: queues.progress.queueUrl };
  const inputs: Variables =
    facts.inputPaths.length === 0 ? {} : { STEPCAST_OWNERSHIP_INPUT_PATHS: JSON.stringify(facts.inputPaths) };
  const correlation = {
    ...logging,
    ...counted,
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
      // The most that can run at once: each copy takes its share of what all together may do to one retained topic.
      STEPCAST_PUBLISHER_COPIES: String(facts.mostPublishers),
    },
    provisioner: {
      ...counted,
      ...deadLetters,
      ...provisioner,
      [ENV.reconcileMinutes]: String(facts.reconcileMinutes),
      ...logins,
    },
    signedProvisioner: provisioner,
    'provisioner.byToken': provisioner,
    'provisioner.reconcile': provisioner,
    'provisioner.firstLogins': { ...provisioner, ...deadLetters },
  };
}
