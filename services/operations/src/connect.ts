import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeEndpointCommand, IoTClient } from '@aws-sdk/client-iot';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { topicSpace, type TopicSpace } from '@stepcast/contracts';
import type { Clock, Timers } from '@stepcast/kit';
import { OPERATOR_CLIENT_ID_PREFIX, OPERATOR_ROLE_NAME } from '@stepcast/policies';
import { deploymentNames, type DeploymentNames } from '@stepcast/wire';
import { asking } from './adapters/aws-errors.ts';
import { patience, type ClientOptions } from './adapters/client-options.ts';
import { createCloudWatchAges, noAges } from './adapters/cloudwatch-ages.adapter.ts';
import { createCloudWatchHops } from './adapters/cloudwatch-hops.adapter.ts';
import { createDynamoOperatorTable } from './adapters/dynamo-table.adapter.ts';
import { createMqttBroker, type BrokerCredentials } from './adapters/mqtt-broker.adapter.ts';
import { createSfnExecutions } from './adapters/sfn-executions.adapter.ts';
import { createSqsOperatorQueues } from './adapters/sqs-queues.adapter.ts';
import { stagedAges, stagedQueues } from './adapters/staged-queues.ts';
import type { Operator } from './operator.ts';
import type { HopMeasures } from './ports.ts';

export interface ConnectDependencies {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly newId: () => string;
}

/** A deployment in AWS. */
export interface AwsPlace {
  readonly region: string;
  readonly partition: string;
  /** `undefined`: the credentials of the environment. */
  readonly profile?: string | undefined;
  /** `undefined`: the default namespace. */
  readonly topics?: TopicSpace | undefined;
  readonly tableName: string;
  /** Queues have these names; `undefined`: those without a stage. */
  readonly names?: DeploymentNames | undefined;
  /** `undefined`: IoT Core is asked. */
  readonly brokerUrl?: string | undefined;
}

/** A sandbox, whose addresses and operator's key are known. */
export interface SandboxOperatorPlace {
  /** Where it works, for people. */
  readonly place: string;
  readonly region: string;
  readonly accountId: string;
  readonly topics: TopicSpace;
  readonly tableName: string;
  readonly endpoints: {
    readonly dynamodb: string;
    readonly sqs: string;
    readonly stepFunctions: string;
    /** Of the broker: `ws://…/mqtt`. */
    readonly mqttWss: string;
  };
  readonly key: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

const clientIdOf = (newId: () => string) => () => `${OPERATOR_CLIENT_ID_PREFIX}-${newId()}`;

/** What an operator works with in a sandbox. Opens no connection. */
export function operatorOfSandbox(
  { place, region, accountId, topics, tableName, endpoints, key }: SandboxOperatorPlace,
  { clock, timers, newId }: ConnectDependencies,
): Operator {
  const client = (endpoint: string): ClientOptions => ({ ...patience, region, endpoint, credentials: key });
  const clients = {
    dynamodb: new DynamoDBClient(client(endpoints.dynamodb)),
    sqs: new SQSClient(client(endpoints.sqs)),
    sfn: new SFNClient(client(endpoints.stepFunctions)),
  };
  return {
    place,
    topics,
    table: createDynamoOperatorTable(clients.dynamodb, tableName),
    queues: createSqsOperatorQueues(clients.sqs, (name) => `${endpoints.sqs}/${accountId}/${name}`),
    ages: noAges,
    broker: createMqttBroker({
      url: () => Promise.resolve(endpoints.mqttWss),
      address: endpoints.mqttWss,
      region,
      credentials: () => Promise.resolve(key),
      newClientId: clientIdOf(newId),
    }),
    executions: createSfnExecutions(clients.sfn),
    who: () => Promise.resolve(`arn:aws:sts::${accountId}:assumed-role/${OPERATOR_ROLE_NAME}/sandbox`),
    clock,
    timers,
    newId,
    close: closer(Object.values(clients)),
  };
}

/** What an operator works with in AWS, under the credentials of the environment. Opens no connection. */
export function operatorOfAws(
  { region, partition, profile, topics, tableName, names = deploymentNames({ region }), brokerUrl }: AwsPlace,
  { clock, timers, newId }: ConnectDependencies,
): Operator & { readonly measures: HopMeasures } {
  const client: ClientOptions = { ...patience, region, ...(profile === undefined ? {} : { profile }) };
  const clients = {
    dynamodb: new DynamoDBClient(client),
    sqs: new SQSClient(client),
    sfn: new SFNClient(client),
    iot: new IoTClient(client),
    sts: new STSClient(client),
  };
  const findBroker = async () => {
    if (brokerUrl !== undefined) return brokerUrl;
    const { endpointAddress = '' } = await asking('iot:DescribeEndpoint', () =>
      clients.iot.send(new DescribeEndpointCommand({ endpointType: 'iot:Data-ATS' })),
    );
    return `wss://${endpointAddress}/mqtt`;
  };
  const credentials = (): Promise<BrokerCredentials> =>
    asking('signing in', () => clients.iot.config.credentials());
  const cloudWatch = {
    endpoint: `https://monitoring.${region}.${partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com'}`,
    region,
    credentials,
    clock,
  };
  return {
    place: region,
    topics: topics ?? topicSpace(),
    table: createDynamoOperatorTable(clients.dynamodb, tableName),
    queues: stagedQueues(createSqsOperatorQueues(clients.sqs), names),
    ages: stagedAges(createCloudWatchAges(cloudWatch), names),
    measures: createCloudWatchHops(cloudWatch, names),
    broker: createMqttBroker({
      url: findBroker,
      address: brokerUrl ?? `IoT Core in ${region}`,
      region,
      credentials,
      newClientId: clientIdOf(newId),
    }),
    executions: createSfnExecutions(clients.sfn),
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
