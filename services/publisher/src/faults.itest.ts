import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseJson, ProgressMessage, topicSpace } from '@stepcast/contracts';
import { systemClock, systemTimers } from '@stepcast/kit';
import { createMqttPublisher } from './adapters/mqtt/mqtt.adapter.ts';
import { startFaultProxy, type FaultProxy } from './testing/fault-proxy.ts';
import { createInMemoryQueue } from './testing/in-memory-queue.ts';
import { startLimitBroker, type LimitBroker, type LimitBrokerOptions } from './testing/limit-broker.ts';
import { sampleHandover, sampleStream, uploadOf, type SampleStream } from './testing/samples.ts';
import { createTestCore, TEST_CONNECTION_LIMITS, type TestCore } from './testing/test-core.ts';

const topics = topicSpace();
const UNLIMITED = { ...TEST_CONNECTION_LIMITS, maxPublishes: Infinity, maxBytes: Infinity };
const STREAMS = 10;
const EACH = 20;

const streams = Array.from({ length: STREAMS }, (_unused, index) => sampleStream(index + 1));

function offsetsOf(broker: LimitBroker, stream: SampleStream): number[] {
  const topic = topics.build({ kind: 'events', identityId: stream.identityId, uploadId: uploadOf(stream) });
  return broker.seen
    .filter((message) => message.topic === topic)
    .flatMap(({ payload }) => {
      const parsed = parseJson(ProgressMessage, payload.toString());
      return parsed.ok ? parsed.value.data.events.map(({ offset }) => Number(offset)) : [];
    });
}

const upTo = (end: number) => Array.from({ length: end }, (_unused, index) => index + 1);

describe.each(['3.1.1', '5'] as const)('faults between publisher and broker, MQTT %s', (protocol) => {
  let broker: LimitBroker;
  let proxy: FaultProxy;
  let one: TestCore;
  let drained: PromiseWithResolvers<void>;

  async function setUp(brokerOptions: LimitBrokerOptions = {}, ackTimeoutMs = 30_000): Promise<void> {
    broker = await startLimitBroker({ maxPayloadBytes: 128 * 1024, ...brokerOptions });
    proxy = await startFaultProxy(broker);
    drained = Promise.withResolvers();
    const queue = createInMemoryQueue({
      perReceive: 1,
      onEmpty: () => {
        drained.resolve();
      },
    });
    one = createTestCore({
      broker: createMqttPublisher({ url: `mqtt://127.0.0.1:${proxy.port}`, protocol }),
      clock: systemClock,
      timers: systemTimers,
      queue,
      overrides: { random: () => 0.1, connection: { ...UNLIMITED, ackTimeoutMs } },
    });
    one.start();
  }
  function handAll(from: number, to: number): void {
    for (let offset = from; offset <= to; offset += 1)
      for (const stream of streams) one.hand(sampleHandover(stream, offset, offset));
  }

  function seenEvents(): number {
    return broker.seen.filter(({ topic }) => topic.endsWith('/events')).length;
  }

  beforeEach(async () => {
    await setUp();
  });

  afterEach(async () => {
    await one.stop({ force: true });
    await proxy.close();
    await broker.close();
  });

  it('resets in the middle of the stream lose nothing, and first deliveries stay in order', async () => {
    handAll(1, EACH);
    for (const seen of [20, 60, 100, 140]) {
      await broker.until(() => seenEvents() >= seen);
      proxy.resetAll();
    }
    await drained.promise;
    for (const stream of streams) expect([...new Set(offsetsOf(broker, stream))]).toEqual(upTo(EACH));
    expect(proxy.accepted).toBeGreaterThan(4);
    expect(one.deadLetters).toEqual([]);
  });

  it('a broker that is killed and comes back on its port gets the rest, in order', async () => {
    handAll(1, EACH);
    await broker.until(() => seenEvents() >= 50);
    const killed = broker;
    await killed.close();
    expect(one.queue.left).toBeGreaterThan(0);
    broker = await startLimitBroker({ port: killed.port });
    await drained.promise;
    for (const stream of streams) {
      const all = [...offsetsOf(killed, stream), ...offsetsOf(broker, stream)];
      expect([...new Set(all)]).toEqual(upTo(EACH));
    }
  });

  it('a connection over which nothing comes back any more is given up, and nothing is lost', async () => {
    await one.stop({ force: true });
    await proxy.close();
    await broker.close();
    await setUp({}, 300);
    handAll(1, EACH);
    await broker.until(() => seenEvents() >= 30);
    proxy.stall(true);
    // Another connection is the sign that the half-open one was given up; only then does anything pass again.
    await proxy.nextConnection();
    proxy.stall(false);
    await drained.promise;
    for (const stream of streams) expect([...new Set(offsetsOf(broker, stream))]).toEqual(upTo(EACH));
  });

  it('a refused message is dead-lettered and those behind it arrive', async () => {
    await one.stop({ force: true });
    await proxy.close();
    await broker.close();
    const poisoned = streams[3] ?? sampleStream();
    await setUp({
      refuse: ({ topic, payload }) =>
        topic.includes(uploadOf(poisoned)) && topic.endsWith('/events') && payload.includes('"offset":7,'),
    });
    handAll(1, 12);
    await drained.promise;
    for (const stream of streams)
      expect(new Set(offsetsOf(broker, stream))).toEqual(
        new Set(upTo(12).filter((offset) => stream !== poisoned || offset !== 7)),
      );
    expect(one.deadLetters).toHaveLength(1);
    expect(one.deadLetters[0]?.body).toContain('PUBLISHER_PUBLISH_REFUSED');
  });

  it('the largest entries arrive, each in a message of its own', async () => {
    const stream = streams[0] ?? sampleStream();
    const event = { projections: { text: 'x'.repeat(9_000) } };
    for (let first = 1; first <= 41; first += 10)
      one.hand(sampleHandover(stream, first, first + 9, { event }));
    await drained.promise;
    expect(offsetsOf(broker, stream)).toEqual(upTo(50));
    expect(broker.violations).toEqual([]);
    expect(one.deadLetters).toEqual([]);
  });
});

describe('the limits of IoT Core', () => {
  it('are observed under a load of several times what one connection carries, by a pool that grows', async () => {
    const broker = await startLimitBroker({
      maxPublishesPerSecond: 100,
      maxBytesPerSecond: 512 * 1024,
      maxUnacknowledged: 100,
      maxPayloadBytes: 128 * 1024,
      retainedIntervalMs: 1_000,
    });
    const drained = Promise.withResolvers<void>();
    const queue = createInMemoryQueue({
      onEmpty: () => {
        drained.resolve();
      },
    });
    const one = createTestCore({
      broker: createMqttPublisher({ url: `mqtt://127.0.0.1:${broker.port}`, protocol: '5' }),
      clock: systemClock,
      timers: systemTimers,
      queue,
      overrides: { connection: TEST_CONNECTION_LIMITS, maxConnections: 10 },
    });
    one.start();
    for (let upload = 0; upload < 600; upload += 1)
      one.hand(sampleHandover(sampleStream(upload % 20, `${upload}`), 1, 1));
    await drained.promise;
    expect(broker.violations).toEqual([]);
    expect(new Set(broker.connects.map(({ clientId }) => clientId)).size).toBeGreaterThan(2);
    await one.stop({ force: true });
    await broker.close();
  });
});
