import { Aws } from 'aws-cdk-lib';
import { ENV, JOURNAL_TABLE_NAME } from '@stepcast/wire';
import { type ServiceName } from '@stepcast/policies';
import { type UserPoolRef } from './identities.ts';
import { type Queues } from './queues.ts';

/** The configuration of the services. */
export interface ServiceFacts {
  readonly queues: Queues;
  readonly bucketName: string;
  readonly keyTemplate: string;
  readonly topicNamespace: string;
  readonly startMode: 'managed' | 'observed';
  /** Of the machine that is started in managed mode. */
  readonly stateMachineArn: string;
  readonly iotEndpoint: string;
  readonly iotPolicyName: string;
  readonly userPool: UserPoolRef;
  readonly identityPoolId: string;
  readonly origins: readonly string[];
  readonly guestUploads: boolean;
  readonly reconcileMinutes: number;
  readonly publisherCopies: number;
  readonly projections: string | undefined;
}

type Variables = Readonly<Record<string, string>>;

/**
 * The environment variables of every service, and of the provisioner's function that answers signed requests; tests read
 * them with the services' own schemas.
 */
export function environmentsOf(
  facts: ServiceFacts,
): Readonly<Record<Exclude<ServiceName, 'engine'> | 'signedProvisioner', Variables>> {
  const { queues, userPool, startMode, projections } = facts;
  const deadLetters = { [ENV.deadLetterQueueUrl]: queues.deadLetters.queueUrl };
  const leaving: Variables = projections === undefined ? {} : { STEPCAST_PROJECTIONS: projections };
  const journal = { [ENV.journalTable]: JOURNAL_TABLE_NAME };
  const started: Variables = startMode === 'managed' ? { [ENV.stateMachineArn]: facts.stateMachineArn } : {};
  const logins: Variables =
    queues.firstLogins === undefined ? {} : { [ENV.firstLoginsQueueUrl]: queues.firstLogins.queueUrl };
  const topics = { [ENV.topicNamespace]: facts.topicNamespace };
  const provisioner = {
    ...topics,
    [ENV.accountId]: Aws.ACCOUNT_ID,
    [ENV.identityPoolId]: facts.identityPoolId,
    [ENV.userPoolId]: userPool.userPoolId,
    [ENV.userPoolClientId]: userPool.userPoolClientId,
    [ENV.iotPolicyName]: facts.iotPolicyName,
    [ENV.allowedOrigins]: facts.origins.join(','),
    [ENV.guestUploads]: String(facts.guestUploads),
  };
  return {
    forwarder: { ...deadLetters, ...leaving, [ENV.eventsQueueUrl]: queues.events.queueUrl },
    correlator: {
      ...deadLetters,
      ...leaving,
      ...journal,
      [ENV.bucket]: facts.bucketName,
      [ENV.keyTemplate]: facts.keyTemplate,
      [ENV.startMode]: startMode,
      ...started,
      [ENV.uploadsQueueUrl]: queues.uploads.queueUrl,
      [ENV.statusQueueUrl]: queues.status.queueUrl,
      [ENV.eventsQueueUrl]: queues.events.queueUrl,
      [ENV.progressQueueUrl]: queues.progress.queueUrl,
    },
    publisher: {
      ...deadLetters,
      ...journal,
      ...topics,
      [ENV.progressQueueUrl]: queues.progress.queueUrl,
      [ENV.mqttUrl]: `aws-iot://${facts.iotEndpoint}`,
      // The copies share what may be done to one retained topic.
      STEPCAST_PUBLISHER_COPIES: String(facts.publisherCopies),
    },
    provisioner: {
      ...deadLetters,
      ...provisioner,
      [ENV.reconcileMinutes]: String(facts.reconcileMinutes),
      ...logins,
    },
    signedProvisioner: provisioner,
  };
}
