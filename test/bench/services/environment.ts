import { ENV, QUEUE_NAMES } from '@stepcast/wire';
import { FEEDER_TOKEN } from '../paths/feeder.ts';
import { BENCH_BUCKET } from '../workload.ts';

export interface Surroundings {
  /** Where SQS and Step Functions are. */
  readonly cloudUrl: string;
  readonly storeUrl: string;
  readonly brokerUrl: string;
  /** Without a hyphen. Makes table and queues of two deployments different. */
  readonly name: string;
}

/** The environment that services of one deployment get. */
export function serviceEnvironment(options: Surroundings): {
  readonly env: Readonly<Record<string, string>>;
  readonly eventsQueueUrl: string;
} {
  const { cloudUrl, storeUrl, brokerUrl, name } = options;
  const queue = (of: string) => `${cloudUrl}/111122223333/${name}-${of}`;
  const eventsQueueUrl = queue(QUEUE_NAMES.events);
  return {
    eventsQueueUrl,
    env: {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'bench',
      AWS_ENDPOINT_URL_SQS: cloudUrl,
      AWS_ENDPOINT_URL_SFN: cloudUrl,
      AWS_ENDPOINT_URL_DYNAMODB: storeUrl,
      [ENV.bucket]: BENCH_BUCKET,
      [ENV.startMode]: 'observed',
      [ENV.awslogsToken]: FEEDER_TOKEN,
      [ENV.uploadsQueueUrl]: queue(QUEUE_NAMES.uploads),
      [ENV.statusQueueUrl]: queue(QUEUE_NAMES.status),
      [ENV.eventsQueueUrl]: eventsQueueUrl,
      [ENV.progressQueueUrl]: queue(QUEUE_NAMES.progress),
      [ENV.deadLetterQueueUrl]: queue(QUEUE_NAMES.deadLetters),
      [ENV.journalTable]: name,
      [ENV.mqttUrl]: brokerUrl,
      // Payloads that are decoded side by side may overtake one another; what is missing comes, nothing is looked up.
      STEPCAST_GAP_WAIT_MS: '60000',
    },
  };
}
