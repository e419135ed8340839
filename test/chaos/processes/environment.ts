import { ENV, JOURNAL_TABLE_NAME, QUEUE_NAMES } from '@stepcast/wire';
import { externalAccessKeyId, type SandboxInfo } from '@stepcast/sandbox';

/** Secret key and MQTT password of every service in this run; worth nothing anywhere else. */
export const SERVICE_SECRET = 'chaos-service-secret';

export const SERVICE_NAMES = ['engine', 'forwarder', 'correlator', 'publisher', 'provisioner'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** Ports of what stands between the services and the sandbox. */
export interface Ways {
  readonly dynamodb: number;
  readonly sqs: number;
  readonly stepFunctions: number;
  /** IoT control plane and Cognito. */
  readonly control: number;
  readonly jwks: number;
  readonly broker: number;
}

/** Waits that make sense in production and would only make a run longer. */
export interface Paces {
  readonly quietMs: number;
  readonly sweepIntervalMs: number;
}

const at = (port: number, path: string) => `http://127.0.0.1:${port}${path}`;

/** The environment of a service as a process of its own, each way out through its proxy. */
export function serviceEnvironment(
  service: ServiceName,
  info: SandboxInfo,
  ways: Ways,
  paces: Paces,
): Readonly<Record<string, string>> {
  const queue = (name: string) => at(ways.sqs, `/aws/sqs/${info.accountId}/${name}`);
  const common = {
    PATH: '',
    AWS_REGION: info.region,
    AWS_ACCESS_KEY_ID: externalAccessKeyId(service),
    AWS_SECRET_ACCESS_KEY: SERVICE_SECRET,
    AWS_ENDPOINT_URL_SQS: at(ways.sqs, '/aws/sqs'),
    AWS_ENDPOINT_URL_DYNAMODB: at(ways.dynamodb, '/aws/dynamodb'),
    AWS_ENDPOINT_URL_SFN: at(ways.stepFunctions, '/aws/states'),
    [ENV.logLevel]: 'info',
    [ENV.accountId]: info.accountId,
    [ENV.topicNamespace]: info.topicNamespace,
    [ENV.journalTable]: JOURNAL_TABLE_NAME,
    [ENV.eventsQueueUrl]: queue(QUEUE_NAMES.events),
    [ENV.deadLetterQueueUrl]: queue(QUEUE_NAMES.deadLetters),
  };
  const correlation = {
    [ENV.bucket]: info.bucket,
    [ENV.startMode]: 'managed',
    [ENV.stateMachineArn]: info.stateMachineArn,
    [ENV.uploadsQueueUrl]: queue(QUEUE_NAMES.uploads),
    [ENV.statusQueueUrl]: queue(QUEUE_NAMES.status),
    STEPCAST_QUIET_MS: String(paces.quietMs),
    STEPCAST_SWEEP_INTERVAL_MS: String(paces.sweepIntervalMs),
  };
  const publication = {
    [ENV.mqttUrl]: `mqtt://127.0.0.1:${ways.broker}`,
    [ENV.mqttUsername]: service,
    [ENV.mqttPassword]: SERVICE_SECRET,
  };
  const handover = { [ENV.progressQueueUrl]: queue(QUEUE_NAMES.progress) };
  switch (service) {
    case 'engine':
      return { ...common, ...correlation, ...publication, [ENV.awslogsToken]: SERVICE_SECRET };
    case 'forwarder':
      return { ...common, [ENV.awslogsToken]: SERVICE_SECRET };
    case 'correlator':
      return { ...common, ...handover, ...correlation };
    case 'publisher':
      return { ...common, ...handover, ...publication, STEPCAST_PUBLISHER_COPIES: '2' };
    case 'provisioner':
      return {
        ...common,
        AWS_ENDPOINT_URL_IOT: at(ways.control, '/aws/iot'),
        AWS_ENDPOINT_URL_COGNITO_IDENTITY: at(ways.control, '/aws/cognito-identity'),
        [ENV.identityPoolId]: info.identityPoolId,
        [ENV.userPoolId]: info.userPoolId,
        [ENV.userPoolClientId]: info.userPoolClientId,
        [ENV.jwksUrl]: at(ways.jwks, new URL(info.endpoints.jwks).pathname),
        [ENV.allowedOrigins]: '*',
      };
  }
}
