import { Duration } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { type DeploymentNames } from '@stepcast/wire';
import { Construct } from 'constructs';
import { PLAIN_NAMES } from './names.ts';

export interface QueuesProps {
  /** Default: those of a deployment without a stage. */
  readonly names?: DeploymentNames;
  /** Whether there is a queue for CloudTrail's records of first logins. */
  readonly firstLogins: boolean;
  /** Whether there is a queue between correlator and publisher; in the engine the handover is a function call. */
  readonly progress: boolean;
}

/**
 * Services give a message up themselves, with a reason: poison at once, and what trips a bug after 20 failures. Failures of
 * the infrastructure never count, so SQS must not count them either: this is the most that it takes (SQS API reference,
 * SetQueueAttributes, RedrivePolicy). What it moves away all the same has killed its consumer again and again, or has met
 * an outage of about eight hours.
 */
const MAX_RECEIVES = 1_000;

/** The queues between the services, encrypted, TLS only; messages stay for 14 days. */
export class Queues extends Construct {
  readonly uploads: sqs.Queue;
  readonly status: sqs.Queue;
  readonly events: sqs.Queue;
  readonly progress: sqs.Queue | undefined;
  readonly firstLogins: sqs.Queue | undefined;
  /** What our services gave up, each with its reason. */
  readonly deadLetters: sqs.Queue;
  /** What SQS, EventBridge and Lambda gave up, raw. */
  readonly undelivered: sqs.Queue;
  readonly undeliveredFifo: sqs.Queue;

  constructor(scope: Construct, id: string, { firstLogins, progress, names = PLAIN_NAMES }: QueuesProps) {
    super(scope, id);
    const common: sqs.QueueProps = {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      visibilityTimeout: Duration.seconds(60),
      receiveMessageWaitTime: Duration.seconds(20),
    };
    // Throughput by group: order matters within an execution or a stream only.
    const fifo: sqs.QueueProps = {
      ...common,
      fifo: true,
      fifoThroughputLimit: sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      deduplicationScope: sqs.DeduplicationScope.MESSAGE_GROUP,
    };
    this.undelivered = new sqs.Queue(this, 'Undelivered', {
      ...common,
      queueName: names.undeliveredQueues.standard,
    });
    this.undeliveredFifo = new sqs.Queue(this, 'UndeliveredFifo', {
      ...fifo,
      queueName: names.undeliveredQueues.fifo,
    });
    const standard = (name: string, queueName: string) =>
      new sqs.Queue(this, name, {
        ...common,
        queueName,
        deadLetterQueue: { queue: this.undelivered, maxReceiveCount: MAX_RECEIVES },
      });
    const ordered = (name: string, queueName: string) =>
      new sqs.Queue(this, name, {
        ...fifo,
        queueName,
        deadLetterQueue: { queue: this.undeliveredFifo, maxReceiveCount: MAX_RECEIVES },
      });
    this.uploads = standard('Uploads', names.queues.uploads);
    this.status = standard('Status', names.queues.status);
    this.events = ordered('Events', names.queues.events);
    this.progress = progress ? ordered('Progress', names.queues.progress) : undefined;
    this.firstLogins = firstLogins ? standard('FirstLogins', names.firstLoginsQueue) : undefined;
    this.deadLetters = new sqs.Queue(this, 'DeadLetters', { ...common, queueName: names.queues.deadLetters });
  }
}
