import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { parseJson, ProgressMessage } from '@stepcast/contracts';
import { createJournalTable } from '@stepcast/correlator';
import { BUCKET, MACHINE_ARN } from '@stepcast/correlator/testing';
import { startLocalCloud, type LocalCloud } from '@stepcast/correlator/testing/local-cloud';
import {
  silentLogger,
  systemClock,
  systemTimers,
  type Clock,
  type Environment,
  type Timers,
} from '@stepcast/kit';
import {
  startFaultProxy,
  startLimitBroker,
  type FaultProxy,
  type LimitBroker,
  type LimitBrokerOptions,
  type SeenMessage,
} from '@stepcast/publisher/testing';
import { createEngine, createEngineMetrics, type Engine, type EngineMetrics } from '../compose.ts';
import { readEngineConfig } from '../config.ts';

export const TABLE = 'stepcast-journal-engine';
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' };
/** How long SQS hides a message from others. What a crash leaves in hand is delivered again after it. */
const VISIBILITY_SECONDS = 3;

/** An engine, and what lies between it and its world. */
export interface RunningEngine {
  readonly engine: Engine;
  readonly metrics: EngineMetrics;
  readonly toBroker: FaultProxy;
  readonly toStore: FaultProxy;
  readonly toQueues: FaultProxy;
  /** Ends it as a crash does: nothing leaves the process any more, no message is given back. */
  crash(): Promise<void>;
}

/** SQS, DynamoDB, Step Functions and a broker on loopback, each behind a proxy that every engine has of its own. */
export interface EngineWorld {
  readonly cloud: LocalCloud;
  readonly broker: LimitBroker;
  start(options?: {
    readonly environment?: Environment;
    readonly time?: { readonly clock: Clock; readonly timers: Timers };
    readonly random?: () => number;
  }): Promise<RunningEngine>;
  /** How many messages a queue holds, in nobody's hand and in somebody's. */
  held(queueUrl: string): Promise<{ readonly waiting: number; readonly inHand: number }>;
  stop(): Promise<void>;
}

export async function startEngineWorld(brokerOptions: LimitBrokerOptions = {}): Promise<EngineWorld> {
  const cloud = await startLocalCloud();
  const broker = await startLimitBroker(brokerOptions);
  await createJournalTable(cloud.dynamo.client, TABLE);
  const { queues } = cloud;
  const ends: (() => Promise<void>)[] = [];
  const portOf = (url: string) => ({ port: Number(new URL(url).port) });
  let engines = 0;

  return {
    cloud,
    broker,
    async start({ environment = {}, time, random = Math.random } = {}) {
      const { clock, timers } = time ?? { clock: systemClock, timers: systemTimers };
      const toBroker = await startFaultProxy(broker);
      const toStore = await startFaultProxy(cloud.dynamo);
      const toQueues = await startFaultProxy(portOf(queues.events));
      const at = ({ port }: FaultProxy) => ({
        endpoint: `http://127.0.0.1:${port}`,
        region: 'us-east-1',
        credentials,
      });
      const clients = {
        sqs: new SQSClient(at(toQueues)),
        dynamodb: new DynamoDBClient(at(toStore)),
        sfn: cloud.sfn,
      };
      const metrics = createEngineMetrics();
      engines += 1;
      let ids = engines * 1_000;
      const engine = createEngine({
        config: readEngineConfig({
          STEPCAST_BUCKET: BUCKET,
          STEPCAST_UPLOADS_QUEUE_URL: queues.uploads,
          STEPCAST_STATUS_QUEUE_URL: queues.status,
          STEPCAST_EVENTS_QUEUE_URL: queues.events,
          STEPCAST_DEAD_LETTER_QUEUE_URL: queues.deadLetters,
          STEPCAST_STATE_MACHINE_ARN: MACHINE_ARN,
          STEPCAST_JOURNAL_TABLE: TABLE,
          STEPCAST_MQTT_URL: `mqtt://127.0.0.1:${toBroker.port}`,
          STEPCAST_SWEEP_INTERVAL_MS: '1000',
          ...environment,
        }),
        clients,
        clock,
        timers,
        random,
        ids: () => `id-${(ids += 1)}`,
        logger: silentLogger,
        metrics,
        queue: { waitTimeSeconds: 1, visibilityTimeoutSeconds: VISIBILITY_SECONDS },
      });
      const proxies = [toQueues, toStore, toBroker];
      ends.push(async () => {
        await engine.stop({ force: true });
        clients.sqs.destroy();
        clients.dynamodb.destroy();
        await Promise.all(proxies.map((proxy) => proxy.close()));
      });
      engine.start();
      return {
        engine,
        metrics,
        toBroker,
        toStore,
        toQueues,
        async crash() {
          for (const proxy of proxies) {
            proxy.refuse(true);
            proxy.resetAll();
          }
          await engine.stop({ force: true });
        },
      };
    },

    async held(QueueUrl) {
      const { Attributes = {} } = await cloud.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
      );
      return {
        waiting: Number(Attributes['ApproximateNumberOfMessages']),
        inHand: Number(Attributes['ApproximateNumberOfMessagesNotVisible']),
      };
    },

    async stop() {
      await Promise.all(ends.map((end) => end()));
      await broker.close();
      await cloud.stop();
    },
  };
}

/** A message as it is judged here, from either subscriber. */
export type Message = Pick<SeenMessage, 'topic' | 'payload' | 'retain'>;

/** The offsets in messages of events, by their topic, in the order in which the broker took them. */
export function offsetsByStream(seen: readonly Message[]): Map<string, number[]> {
  const streams = new Map<string, number[]>();
  for (const { topic, payload, retain } of seen) {
    const parsed = retain ? undefined : parseJson(ProgressMessage, payload.toString());
    if (parsed?.ok !== true) continue;
    const offsets = parsed.value.data.events.map(({ offset }) => Number(offset));
    streams.set(topic, [...(streams.get(topic) ?? []), ...offsets]);
  }
  return streams;
}

/** Offsets without those that were delivered before: what a reader makes of them. */
export function firstDeliveries(offsets: readonly number[]): number[] {
  return [...new Set(offsets)];
}

/** 1, 2, 3… */
export function upTo(end: number): number[] {
  return Array.from({ length: end }, (_unused, index) => index + 1);
}

/** Whether the broker took the end of an upload, and its retained state. */
export function hasEnded(seen: readonly Message[], uploads = 1): boolean {
  const topicsOf = (last: string, says: (message: Message) => boolean) =>
    new Set(
      seen.filter((message) => message.topic.endsWith(last) && says(message)).map(({ topic }) => topic),
    );
  const states = topicsOf(
    '/state',
    ({ retain, payload }) => retain && payload.includes('"status":"succeeded"'),
  );
  // With two engines the state of one may come in before the event of the other.
  const events = topicsOf('/events', ({ payload }) => payload.includes('"executionSucceeded"'));
  return states.size >= uploads && events.size >= uploads;
}
