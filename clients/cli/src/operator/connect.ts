import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeEndpointCommand, IoTClient } from '@aws-sdk/client-iot';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { topicSpace, type TopicSpace } from '@stepcast/contracts';
import type { Clock, Timers } from '@stepcast/kit';
import { OPERATOR_CLIENT_ID_PREFIX, OPERATOR_ROLE_NAME } from '@stepcast/policies';
import { patience, type ClientOptions } from '../adapters/client-options.ts';
import { loadSandboxPlace } from '../adapters/sandbox-place.adapter.ts';
import { asking } from './adapters/aws-errors.ts';
import { createCloudWatchAges, noAges } from './adapters/cloudwatch-ages.adapter.ts';
import { createExecutionLogs } from './adapters/execution-logs.adapter.ts';
import { createDynamoOperatorTable } from './adapters/dynamo-table.adapter.ts';
import { createMqttBroker, type BrokerCredentials } from './adapters/mqtt-broker.adapter.ts';
import { loadSandboxOperator } from './adapters/sandbox-operator.adapter.ts';
import { createSfnExecutions } from './adapters/sfn-executions.adapter.ts';
import { createSqsOperatorQueues } from './adapters/sqs-queues.adapter.ts';
import type { PlaceSettings } from './options.ts';
import type {
  OperatorBroker,
  OperatorExecutions,
  OperatorLogs,
  OperatorQueues,
  OperatorTable,
  QueueAges,
} from './ports.ts';

/** Everything that operators' commands work with. */
export interface Operator {
  /** Where it works, for people. */
  readonly place: string;
  readonly topics: TopicSpace;
  readonly table: OperatorTable;
  readonly queues: OperatorQueues;
  readonly ages: QueueAges;
  readonly broker: OperatorBroker;
  readonly executions: OperatorExecutions;
  readonly logs: OperatorLogs;
  /** ARN of the caller, for the audit. */
  who(): Promise<string>;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Makes an ID that nothing else has. */
  readonly newId: () => string;
  close(): void;
}

export interface ConnectDependencies {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly newId: () => string;
}

/** Reaches the sandbox, under the key of its operator, or AWS. @throws OperatorError, SandboxUnreachableError */
export async function connectOperator(
  settings: PlaceSettings,
  dependencies: ConnectDependencies,
): Promise<Operator> {
  return settings.sandboxUrl === undefined
    ? connectToAws(settings, settings.region ?? '', dependencies)
    : connectToSandbox(settings, settings.sandboxUrl, dependencies);
}

const clientIdOf = (newId: () => string) => () => `${OPERATOR_CLIENT_ID_PREFIX}-${newId()}`;

async function connectToSandbox(
  settings: PlaceSettings,
  url: string,
  { clock, timers, newId }: ConnectDependencies,
): Promise<Operator> {
  const [place, key] = [await loadSandboxPlace(url), await loadSandboxOperator(url)];
  const { region, endpoints, accountId } = place;
  const client = (endpoint: string): ClientOptions => ({ ...patience, region, endpoint, credentials: key });
  const clients = {
    dynamodb: new DynamoDBClient(client(endpoints.dynamodb)),
    sqs: new SQSClient(client(endpoints.sqs)),
    sfn: new SFNClient(client(endpoints.stepFunctions)),
    logs: new CloudWatchLogsClient(client(endpoints.logs)),
  };
  return {
    place: `the sandbox at ${url}`,
    topics: settings.topics ?? topicSpace(place.topicNamespace),
    table: createDynamoOperatorTable(clients.dynamodb, settings.tableName),
    queues: createSqsOperatorQueues(clients.sqs, (name) => `${endpoints.sqs}/${accountId}/${name}`),
    ages: noAges,
    broker: createMqttBroker({
      url: () => Promise.resolve(settings.brokerUrl ?? endpoints.mqttWss),
      address: settings.brokerUrl ?? endpoints.mqttWss,
      region,
      credentials: () => Promise.resolve(key),
      newClientId: clientIdOf(newId),
    }),
    executions: createSfnExecutions(clients.sfn),
    logs: createExecutionLogs(clients.logs, { clock, timers }),
    who: () => Promise.resolve(`arn:aws:sts::${accountId}:assumed-role/${OPERATOR_ROLE_NAME}/sandbox`),
    clock,
    timers,
    newId,
    close: closer(Object.values(clients)),
  };
}

function connectToAws(
  settings: PlaceSettings,
  region: string,
  { clock, timers, newId }: ConnectDependencies,
): Operator {
  const client: ClientOptions = {
    ...patience,
    region,
    ...(settings.profile === undefined ? {} : { profile: settings.profile }),
  };
  const clients = {
    dynamodb: new DynamoDBClient(client),
    sqs: new SQSClient(client),
    sfn: new SFNClient(client),
    logs: new CloudWatchLogsClient(client),
    iot: new IoTClient(client),
    sts: new STSClient(client),
  };
  const brokerUrl = async () => {
    if (settings.brokerUrl !== undefined) return settings.brokerUrl;
    const { endpointAddress = '' } = await asking('iot:DescribeEndpoint', () =>
      clients.iot.send(new DescribeEndpointCommand({ endpointType: 'iot:Data-ATS' })),
    );
    return `wss://${endpointAddress}/mqtt`;
  };
  const credentials = (): Promise<BrokerCredentials> =>
    asking('signing in', () => clients.iot.config.credentials());
  return {
    place: region,
    topics: settings.topics ?? topicSpace(),
    table: createDynamoOperatorTable(clients.dynamodb, settings.tableName),
    queues: createSqsOperatorQueues(clients.sqs),
    ages: createCloudWatchAges({
      endpoint: `https://monitoring.${region}.${settings.partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com'}`,
      region,
      credentials,
      clock,
    }),
    broker: createMqttBroker({
      url: brokerUrl,
      address: settings.brokerUrl ?? `IoT Core in ${region}`,
      region,
      credentials,
      newClientId: clientIdOf(newId),
    }),
    executions: createSfnExecutions(clients.sfn),
    logs: createExecutionLogs(clients.logs, { clock, timers }),
    who: async () => {
      const { Arn = 'unknown' } = await asking('sts:GetCallerIdentity', () =>
        clients.sts.send(new GetCallerIdentityCommand({})),
      );
      return Arn;
    },
    clock,
    timers,
    newId,
    close: closer(Object.values(clients)),
  };
}

function closer(clients: readonly { destroy(): void }[]): () => void {
  return () => {
    for (const client of clients) client.destroy();
  };
}
