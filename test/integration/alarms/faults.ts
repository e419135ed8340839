import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createCorrelator, readCorrelatorConfig } from '@stepcast/correlator';
import {
  ARN,
  arnOf,
  batchOf,
  BUCKET,
  cloudTrailFor,
  createBench,
  IDENTITY,
  OBJECT_KEY,
  objectCreated,
  OTHER_IDENTITY,
  simpleRun,
  upload,
} from '@stepcast/correlator/testing';
import { silentLogger } from '@stepcast/kit';
import { startJsonServer } from '@stepcast/kit/testing/json-server';
import { createPublisherMetrics } from '@stepcast/publisher';
import { createFakeBroker, createTestCore, sampleHandover, sampleStream } from '@stepcast/publisher/testing';
import type { EvaluatedAlarm, MetricPoint } from '@stepcast/cdk/testing';
import { createMeter, START_MS } from './metered.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** What CloudWatch gets in an hour from a full one on, without a fault and with it. */
export interface Course {
  readonly without: readonly MetricPoint[];
  readonly with: readonly MetricPoint[];
}

/** How an alarm is made to fire. */
export interface Fault {
  /** For the table in docs/operations/alarms.md. */
  readonly how: string;
  readonly course: (alarm: EvaluatedAlarm) => Course | Promise<Course>;
}

/** Values that AWS counts itself, one a minute for an hour. */
function counted(
  alarm: EvaluatedAlarm,
  valueOf: (minute: number) => number | undefined,
): readonly MetricPoint[] {
  return Array.from({ length: HOUR_MS / MINUTE_MS }, (_, minute) => {
    const value = valueOf(minute);
    return value === undefined ? [] : alarm.point(value, START_MS + minute * MINUTE_MS);
  }).flat();
}

const aws = (
  what: string,
  without: (minute: number) => number | undefined,
  faulty: (minute: number) => number | undefined,
): Fault => ({
  how: `numbers as AWS documents them: ${what}`,
  course: (alarm) => ({ without: counted(alarm, without), with: counted(alarm, faulty) }),
});

const unread = (queue: string): Fault =>
  aws(
    `nothing reads \`${queue}\` for six minutes`,
    () => 2,
    (minute) => (minute < 6 ? 60 * (minute + 1) : 0),
  );
const lying = (queue: string): Fault =>
  aws(
    `a message lies on \`${queue}\``,
    () => 0,
    (minute) => (minute < 20 ? 0 : 1),
  );
const down = (service: string): Fault =>
  aws(
    `the only task of ${service} ends, and none comes in its place`,
    () => 1,
    (minute) => (minute < 20 ? 1 : undefined),
  );
const failing = (what: string, value: number): Fault =>
  aws(
    what,
    (minute) => (minute % 5 === 0 ? 0 : undefined),
    (minute) => (minute === 20 ? value : undefined),
  );

/** Executions of this input, twenty at a time, six minutes apart. */
async function parking(input: string) {
  const meter = createMeter('correlator');
  const bench = createBench({ time: meter.time, metrics: meter.metrics });
  for (const time of ['first', 'second']) {
    for (let number = 0; number < 20; number += 1)
      await bench.correlation.correlate(batchOf(arnOf(`${time}-${number}`), simpleRun({ input })));
    await meter.pass(6);
  }
  return { meter, bench };
}

async function unowned(): Promise<number> {
  const { meter, bench } = await parking('{"orderId":42}');
  // It counts from its first check.
  await bench.correlation.sweep();
  await meter.pass(20);
  await bench.correlation.sweep();
  return bench.ports.deadLetters.letters.length;
}

/** Uploads of two proofs, which agree or do not. */
async function proofs(caller: string): Promise<readonly MetricPoint[]> {
  const meter = createMeter('correlator');
  const bench = createBench({ time: meter.time, metrics: meter.metrics });
  const input = objectCreated({ versionId: 'v1' });
  await upload(bench, cloudTrailFor(caller, OBJECT_KEY, 'v1'));
  await bench.correlation.correlate(batchOf(ARN, simpleRun({ input })));
  await upload(bench, input);
  await meter.pass(10);
  return meter.points;
}

/** An upload's message every half minute to a broker that acknowledges after a while. */
async function publishing(acknowledgedAfterMs: number): Promise<readonly MetricPoint[]> {
  const meter = createMeter('publisher');
  const { time } = meter;
  const broker = createFakeBroker({}, (acknowledge) => {
    time.after(acknowledgedAfterMs, acknowledge);
  });
  const core = createTestCore({
    broker,
    clock: time,
    timers: time,
    overrides: {
      metrics: createPublisherMetrics(meter.metrics),
      connection: {
        maxPublishes: Infinity,
        maxBytes: Infinity,
        windowMs: 1_000,
        maxUnacknowledged: 100,
        ackTimeoutMs: 600_000,
      },
    },
  });
  core.start();
  for (let number = 0; number < 40; number += 1) {
    const happened = new Date(time.nowMs()).toISOString();
    core.hand({ ...sampleHandover(sampleStream(number, 'slow.png'), 1, 1), oldestEventAt: happened });
    await meter.halfMinute();
  }
  await core.stop({ force: true });
  return meter.points;
}

/** A broker that has too much to do for so many minutes. */
async function overBroker(minutes: number): Promise<readonly MetricPoint[]> {
  const meter = createMeter('publisher');
  const { time } = meter;
  const broker = createFakeBroker();
  const core = createTestCore({
    broker,
    clock: time,
    timers: time,
    overrides: { metrics: createPublisherMetrics(meter.metrics) },
  });
  const untilMs = START_MS + minutes * MINUTE_MS;
  broker.onPublish(() => (time.nowMs() < untilMs ? 0x97 : 'take'));
  core.start();
  for (let number = 0; number < 60; number += 1) {
    core.hand(sampleHandover(sampleStream(number, 'throttled.png'), 1, 1));
    await meter.halfMinute();
  }
  await core.stop({ force: true });
  return meter.points;
}

/** A table that takes nothing for so many minutes: what comes in is given back, and redelivered every minute. */
async function overTable(minutes: number): Promise<readonly MetricPoint[]> {
  const meter = createMeter('correlator');
  const { time } = meter;
  const dynamo = await startJsonServer(() => ({
    status: 400,
    body: '{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}',
  }));
  const place = {
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' },
  };
  const clients = {
    dynamodb: new DynamoDBClient({ ...place, endpoint: dynamo.endpoint }),
    sqs: new SQSClient(place),
    sfn: new SFNClient(place),
  };
  const queue = (name: string) => `https://sqs.us-east-1.amazonaws.com/111122223333/${name}`;
  const correlator = createCorrelator({
    config: readCorrelatorConfig({
      STEPCAST_BUCKET: BUCKET,
      STEPCAST_UPLOADS_QUEUE_URL: queue('uploads'),
      STEPCAST_STATUS_QUEUE_URL: queue('status'),
      STEPCAST_EVENTS_QUEUE_URL: queue('events.fifo'),
      STEPCAST_PROGRESS_QUEUE_URL: queue('progress.fifo'),
      STEPCAST_DEAD_LETTER_QUEUE_URL: queue('dead-letters'),
    }),
    clients,
    outbox: { send: () => ({ emitted: Promise.resolve(), settled: Promise.resolve() }) },
    clock: time,
    // Waiting between attempts is not what is tested.
    timers: {
      after(_delayMs, callback) {
        const soon = setImmediate(callback);
        return () => {
          clearImmediate(soon);
        };
      },
    },
    random: () => 0,
    logger: silentLogger,
    metrics: meter.metrics,
  });
  for (let minute = 0; minute < minutes; minute += 1) {
    const taken = correlator.takeBatches([batchOf(arnOf(`throttled-${minute}`), simpleRun())]);
    await taken.catch(() => undefined);
    await meter.pass(1);
  }
  await correlator.stop({ force: true });
  for (const client of Object.values(clients)) client.destroy();
  await dynamo.close();
  return meter.points;
}

async function readiness(isReady: boolean): Promise<readonly MetricPoint[]> {
  const meter = createMeter('engine', () => ({ ok: isReady, checks: {} }));
  meter.log.start();
  await meter.time.advance(20 * MINUTE_MS);
  await meter.log.stop();
  return meter.points;
}

async function starts(count: number): Promise<readonly MetricPoint[]> {
  const meter = createMeter('engine');
  for (let start = 0; start < count; start += 1) {
    meter.log.start();
    await meter.time.advance(MINUTE_MS);
  }
  await meter.log.stop();
  return meter.points;
}

export const FAULTS = {
  'dead-letters': {
    how: 'executions without an owner, until the correlator gives them up; the number of its letters',
    course: async (alarm) => {
      const letters = await unowned();
      return {
        without: counted(alarm, () => 0),
        with: counted(alarm, (minute) => (minute < 35 ? 0 : letters)),
      };
    },
  },
  undelivered: lying('stepcast-undelivered'),
  'undelivered-fifo': lying('stepcast-undelivered.fifo'),
  'events-late': unread('stepcast-events.fifo'),
  'uploads-late': unread('stepcast-uploads'),
  'status-late': unread('stepcast-status'),
  'progress-late': unread('stepcast-progress.fifo'),
  'first-logins-late': unread('stepcast-first-logins'),
  'engine-down': down('the engine'),
  'correlator-down': down('the correlator'),
  'publisher-down': down('the publisher'),
  slow: {
    how: 'a publisher whose broker acknowledges after 45 s, and after 2 s',
    course: async () => ({ without: await publishing(2_000), with: await publishing(45_000) }),
  },
  throttled: {
    how: 'a broker that answers "quota exceeded" for 15 minutes, and for one; a table that throttles for 15 minutes',
    course: async () => ({ without: await overBroker(1), with: await overBroker(15) }),
  },
  quarantined: {
    how: 'an object of one person that another has uploaded, as CloudTrail says; and one that its owner has uploaded',
    course: async () => ({ without: await proofs(IDENTITY), with: await proofs(OTHER_IDENTITY) }),
  },
  parked: {
    how: 'executions whose input names no upload, twenty at a time; and executions of uploads',
    course: async () => ({
      without: (await parking(objectCreated())).meter.points,
      with: (await parking('{"orderId":42}')).meter.points,
    }),
  },
  'forwarder-errors': failing('the function fails once', 1),
  'delivery-errors': failing('a payload is not delivered', 1),
  'report-delivery-errors': failing('a payload of reports is not delivered', 1),
  'provisioning-errors': failing('three answers of 5xx', 3),
  'provisioning-throttled': failing(
    '60 answers of 429, of which the filter on the access log makes a metric',
    60,
  ),
  'signed-provisioning-errors': failing('three answers of 5xx', 3),
  'signed-provisioning-throttled': failing(
    '60 answers of 429, of which the filter on the access log makes a metric',
    60,
  ),
  'reconcile-errors': failing('the function fails once', 1),
  'not-ready': {
    how: 'a service that is not ready for 20 minutes, and one that is',
    course: async () => ({ without: await readiness(true), with: await readiness(false) }),
  },
  restarting: {
    how: 'a service that starts twelve times within a quarter of an hour, and one that starts once',
    course: async () => ({ without: await starts(1), with: await starts(12) }),
  },
  'forwarder-throttles': failing('an invocation is throttled', 1),
  'provisioner-errors': failing('a function fails once', 1),
  'provisioner-throttles': failing('an invocation is throttled', 1),
  'failed-invocations': failing('an event reaches neither its target nor the queue of the undelivered', 1),
  'dynamodb-throttles': failing('a request is held back', 1),
  'iot-throttles': failing('a message is held back', 1),
} as const satisfies Readonly<Record<string, Fault>>;

/** The other half of `throttled`. */
export const throttledTable = overTable;
