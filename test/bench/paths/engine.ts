import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createEngine, createEngineMetrics, readEngineConfig } from '@stepcast/engine';
import { letHeapGrow, silentLogger, systemClock, systemTimers, type Timers } from '@stepcast/kit';
import { LATE_UNTIL_MS } from '@stepcast/publisher';
import { startPipeline } from '../pipeline.ts';
import { serviceEnvironment } from '../services/environment.ts';
import type { Path } from './path.ts';
import { watchMessages } from './watched-metrics.ts';

/** The engine's parts with stores in memory: what is left when no store is on the wire. The heap grows as in a service. */
export function startEngineInMemory(brokerUrl: string): Path {
  letHeapGrow();
  const pipeline = startPipeline({ brokerUrl, holdsEntries: false });
  return {
    offer: (data) => pipeline.offer({ awslogs: { data } }),
    sent: () => pipeline.sent(),
    stop: () => pipeline.stop(),
  };
}

/**
 * In its first two minutes a predecessor may still be ending, so a publisher compares each state with the journal, and three
 * quarters of a minute later it publishes those states again.
 */
const AGE_MS = LATE_UNTIL_MS + 5_000;

/**
 * The engine as it is deployed, its heap too, and as it is after its first two minutes, but for the HTTP server in front: payloads come
 * by a call, as to the ceiling.
 */
export function startEngine(options: {
  readonly brokerUrl: string;
  readonly cloudUrl: string;
  readonly storeUrl: string;
  /** Of its table and its queues. */
  readonly name: string;
}): Path {
  letHeapGrow();
  const { env } = serviceEnvironment(options);
  const config = readEngineConfig({ ...env, STEPCAST_EVENTS_QUEUE_URL: undefined });
  const aws = {
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'bench' },
  };
  const metrics = createEngineMetrics();
  const watched = watchMessages(metrics.publisher);
  // It was made and started in the past, by its clock and by its timers, and runs in the present, so that its clock and the
  // records' times agree.
  let behindMs = AGE_MS;
  const clock = { nowMs: () => systemClock.nowMs() - behindMs };
  const timers: Timers = {
    after: (delayMs, callback) => systemTimers.after(Math.max(0, delayMs - behindMs), callback),
  };
  const engine = createEngine({
    config,
    clients: {
      sqs: new SQSClient({ ...aws, endpoint: options.cloudUrl }),
      dynamodb: new DynamoDBClient({ ...aws, endpoint: options.storeUrl }),
      sfn: new SFNClient({ ...aws, endpoint: options.cloudUrl }),
    },
    clock,
    timers,
    random: Math.random,
    ids: randomUUID,
    logger: silentLogger,
    metrics: { ...metrics, publisher: watched.metrics },
  });
  engine.start();
  behindMs = 0;
  return {
    async offer(data) {
      await engine.takePayload({ awslogs: { data } });
    },
    sent: () => watched.sent(),
    stop: () => engine.stop({ force: true }),
  };
}
