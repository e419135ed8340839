import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScanCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { arnOf, batchOf, objectCreated, simpleRun } from '@stepcast/correlator/testing';
import { createHealthChecks, silentLogger, systemTimers, type Timers } from '@stepcast/kit';
import { connectAsync, type MqttClient } from 'mqtt';
import { createEngineServer } from './server.ts';
import {
  firstDeliveries,
  hasEnded,
  offsetsByStream,
  startEngineWorld,
  TABLE,
  upTo,
  type EngineWorld,
  type Message,
} from './testing/engine-world.ts';
import { logPayload } from './testing/log-payload.ts';

const TOKEN = 'token-of-this-test';
const ARN = arnOf('up-1');
const run = simpleRun();
/** The upload, the start, the step and the end of both. */
const OFFSETS = upTo(5);

let world: EngineWorld;
let client: MqttClient | undefined;

beforeEach(() => {
  client = undefined;
});

afterEach(async () => {
  client?.end(true);
  await world.stop();
});

const onlyStream = () => [...offsetsByStream(world.broker.seen).values()].at(0) ?? [];
const sendBatch = (records = run, arn = ARN, group = 'group') =>
  world.cloud.send(world.cloud.queues.events, JSON.stringify(batchOf(arn, records)), group);

/** A subscriber with a connection of its own, which stays. */
async function subscribe(): Promise<{ readonly received: readonly Message[]; ended(): Promise<void> }> {
  const received: Message[] = [];
  const end = Promise.withResolvers<void>();
  client = await connectAsync(`mqtt://127.0.0.1:${world.broker.port}`, { reconnectPeriod: 0 });
  client.on('message', (topic, payload, { retain }) => {
    received.push({ topic, payload, retain });
    if (payload.includes('executionSucceeded')) end.resolve();
  });
  await client.subscribeAsync('#', { qos: 1 });
  return { received, ended: () => end.promise };
}

describe('an engine that crashes', () => {
  it('an entry written just before a crash reaches a subscriber that stayed connected', async () => {
    world = await startEngineWorld();
    const subscriber = await subscribe();
    const first = await world.start();
    await sendBatch(run.slice(0, 3));
    await world.broker.until((seen) => seen.some(({ payload }) => payload.includes('stepStarted')));
    await until(async () => (await world.held(world.cloud.queues.events)).inHand === 0);
    // From now on nothing of the engine reaches the broker, but its store and its queues are there.
    first.toBroker.stall(true);
    await sendBatch(run.slice(3));
    await until(async () => (await entries(world.cloud.dynamo.client)) === 2);
    await first.crash();
    expect(subscriber.received.some(({ payload }) => payload.includes('executionSucceeded'))).toBe(false);
    await world.start();
    await subscriber.ended();
    const [offsets = []] = offsetsByStream(subscriber.received).values();
    expect(firstDeliveries(offsets)).toEqual(OFFSETS);
    await world.broker.until((seen) => hasEnded(seen));
  });

  it('gives back at once what it cannot finish, when it is stopped while the broker is away', async () => {
    world = await startEngineWorld();
    const { engine, toBroker } = await world.start();
    const arrived = world.broker.arrival(({ topic }) => topic.endsWith('/events'));
    toBroker.refuse(true);
    toBroker.resetAll();
    await sendBatch();
    await until(async () => (await world.held(world.cloud.queues.events)).inHand === 1);
    await until(async () => (await entries(world.cloud.dynamo.client)) === 1);
    await engine.stop({ force: false });
    expect(await world.held(world.cloud.queues.events)).toEqual({ waiting: 1, inHand: 0 });
    await world.start();
    await arrived;
    await world.broker.until((seen) => hasEnded(seen));
    expect(firstDeliveries(onlyStream())).toEqual(OFFSETS);
  });
});

describe('what comes in', () => {
  it('is deleted from the events queue only after the broker acknowledged what came of it', async () => {
    const acknowledgement = Promise.withResolvers<void>();
    world = await startEngineWorld({ beforeAck: () => acknowledgement.promise });
    const { engine } = await world.start();
    const arrived = world.broker.arrival(({ topic }) => topic.endsWith('/events'));
    await sendBatch();
    await arrived;
    // Another message is taken and deleted meanwhile: there was time to delete the first one as well.
    await world.cloud.send(world.cloud.queues.status, 'not JSON');
    await until(async () => (await world.held(world.cloud.queues.deadLetters)).waiting === 1);
    await until(async () => {
      const { waiting, inHand } = await world.held(world.cloud.queues.status);
      return waiting + inHand === 0;
    });
    expect(await world.held(world.cloud.queues.events)).toEqual({ waiting: 0, inHand: 1 });
    acknowledgement.resolve();
    await world.broker.until((seen) => hasEnded(seen));
    await engine.stop({ force: false });
    expect(await world.held(world.cloud.queues.events)).toEqual({ waiting: 0, inHand: 0 });
    expect(firstDeliveries(onlyStream())).toEqual(OFFSETS);
  });

  it('by HTTP is answered 503 while the store is away, and taken when it is sent again', async () => {
    world = await startEngineWorld();
    const { engine, metrics, toStore } = await world.start();
    const checks = createHealthChecks();
    const server = await createEngineServer({ engine, checks, metrics, logger: silentLogger, token: TOKEN });
    const post = () =>
      server.inject({
        method: 'POST',
        url: '/awslogs',
        headers: { 'x-stepcast-token': TOKEN },
        payload: logPayload(ARN, run),
      });
    toStore.refuse(true);
    toStore.resetAll();
    const refused = await post();
    expect([refused.statusCode, refused.headers['retry-after'], refused.json()]).toMatchObject([
      503,
      '1',
      { error: { code: 'CORRELATOR_BATCHES_POSTPONED', retryable: true } },
    ]);
    expect(world.broker.seen).toEqual([]);
    toStore.refuse(false);
    const taken = await post();
    expect([taken.statusCode, taken.json()]).toMatchObject([200, { forwarded: 6, deadLettered: 0 }]);
    // 200 says that the broker has all of it, the retained state included.
    expect(hasEnded(world.broker.seen)).toBe(true);
    expect(onlyStream()).toEqual(OFFSETS);
    expect(await world.held(world.cloud.queues.deadLetters)).toEqual({ waiting: 0, inHand: 0 });
    await server.close();
    checks.close();
  });

  it('by HTTP is answered 503 before its body is read, when as much is in hand as may be', async () => {
    const acknowledgement = Promise.withResolvers<void>();
    world = await startEngineWorld({ beforeAck: () => acknowledgement.promise });
    const { engine, metrics } = await world.start({ environment: { STEPCAST_ENGINE_MAX_PAYLOADS: '1' } });
    const checks = createHealthChecks();
    const server = await createEngineServer({ engine, checks, metrics, logger: silentLogger, token: TOKEN });
    const post = () =>
      server.inject({
        method: 'POST',
        url: '/awslogs',
        headers: { 'x-stepcast-token': TOKEN },
        payload: logPayload(ARN, run),
      });
    const arrived = world.broker.arrival(({ topic }) => topic.endsWith('/events'));
    const first = post();
    await arrived;
    const second = await post();
    expect([second.statusCode, second.headers['retry-after']]).toEqual([503, '1']);
    acknowledgement.resolve();
    expect((await first).statusCode).toBe(200);
    expect((await post()).statusCode).toBe(200);
    await server.close();
    checks.close();
  });

  it('with the store away for minutes nothing is dead-lettered and the workflow is started afterwards', async () => {
    world = await startEngineWorld();
    const { time, elapsedMs } = fastTime(60);
    world.cloud.sfnAnswers.set('StartExecution', () => ({ output: { executionArn: 'x', startDate: 1 } }));
    const { metrics, toStore } = await world.start({
      environment: { STEPCAST_START_MODE: 'managed', STEPCAST_MAX_FAILURES: '2' },
      time,
      // The shortest waits: more deliveries in the same time.
      random: () => 0,
    });
    toStore.refuse(true);
    toStore.resetAll();
    await world.cloud.send(world.cloud.queues.uploads, objectCreated());
    const retried = async () => {
      const line = /messages_total\{queue="uploads",outcome="retried"\} (\d+)/.exec(
        await metrics.correlator.text(),
      );
      return Number(line?.[1] ?? 0);
    };
    await until(async () => (await retried()) >= 4 && elapsedMs() >= 3 * 60_000);
    expect(world.cloud.sfnCalls.filter(({ operation }) => operation === 'StartExecution')).toEqual([]);
    toStore.refuse(false);
    await until(() =>
      Promise.resolve(world.cloud.sfnCalls.some(({ operation }) => operation === 'StartExecution')),
    );
    await world.broker.until((seen) => seen.some(({ payload }) => payload.includes('uploaded')));
    await until(async () => {
      const { waiting, inHand } = await world.held(world.cloud.queues.uploads);
      return waiting + inHand === 0;
    });
    expect(await world.held(world.cloud.queues.deadLetters)).toEqual({ waiting: 0, inHand: 0 });
  });
});

describe('two engines on the same inputs, as in a rolling deployment', () => {
  it('deliver every event, first in order and without a hole, and beside that duplicates only', async () => {
    world = await startEngineWorld();
    const uploads = Array.from({ length: 6 }, (_unused, index) => index);
    await Promise.all([world.start(), world.start()]);
    await Promise.all(
      uploads.map(async (upload) => {
        const records = simpleRun({ input: objectCreated({ file: `scan ${upload}.png` }) });
        // Groups of their own: both engines have parts of the same execution at the same time.
        for (const [part, record] of records.entries())
          await sendBatch([record], arnOf(`both-${upload}`), `group-${upload}-${part}`);
      }),
    );
    await world.broker.until((seen) => hasEnded(seen, uploads.length));
    const streams = offsetsByStream(world.broker.seen);
    expect(streams.size).toBe(uploads.length);
    for (const offsets of streams.values()) expect(firstDeliveries(offsets)).toEqual(OFFSETS);
    await until(async () => {
      const { waiting, inHand } = await world.held(world.cloud.queues.events);
      return waiting + inHand === 0;
    });
    expect(await world.held(world.cloud.queues.deadLetters)).toEqual({ waiting: 0, inHand: 0 });
  });
});

/** How many journal entries there are. */
async function entries(dynamodb: DynamoDBClient): Promise<number> {
  const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: TABLE }));
  return Items.filter((item) => item['pk']?.S?.startsWith('stream#') === true).length;
}

/** Asks until the answer is yes: queues and tables can only be asked. Bounded by the test's time. */
async function until(ask: () => Promise<boolean>): Promise<void> {
  while (!(await ask())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** A clock that goes `factor` times as fast as the world's, and timers that live by it. */
function fastTime(factor: number) {
  const startMs = Date.now();
  const elapsedMs = () => (Date.now() - startMs) * factor;
  const timers: Timers = { after: (delayMs, callback) => systemTimers.after(delayMs / factor, callback) };
  return { time: { clock: { nowMs: () => startMs + elapsedMs() }, timers }, elapsedMs };
}
