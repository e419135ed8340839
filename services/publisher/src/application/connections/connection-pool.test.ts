import { describe, expect, it } from 'vitest';
import { createMetrics, silentLogger } from '@stepcast/kit';
import { createFakeBroker } from '../../testing/fake-broker.ts';
import { createVirtualTime } from '../../testing/virtual-time.ts';
import { ConnectionPool } from './connection-pool.ts';
import { createPublisherMetrics } from '../publisher-metrics.ts';

function setUp() {
  const time = createVirtualTime();
  const broker = createFakeBroker();
  const metrics = createMetrics('test_');
  const pool = new ConnectionPool({
    publisher: broker,
    clientIdPrefix: 'p',
    limits: {
      maxPublishes: 100,
      maxBytes: 512 * 1024,
      windowMs: 1_100,
      maxUnacknowledged: 100,
      ackTimeoutMs: 30_000,
    },
    minConnections: 1,
    maxConnections: 10,
    clock: time,
    timers: time.timers,
    random: () => 0.5,
    logger: silentLogger,
    metrics: createPublisherMetrics(metrics),
  });
  return { time, broker, pool, metrics };
}

describe('the connection pool', () => {
  it('grows while it is full, keeps every key in order, and shrinks when it is quiet', async () => {
    const { time, broker, pool } = setUp();
    const published: string[] = [];
    pool.start();
    const running = { keys: 300 };
    /** Submits the next message of a key when the last has settled, as streams do. */
    const next = (key: number, number: number) => {
      if (key >= running.keys) return;
      pool.submit({
        key: `key-${key}`,
        identityId: `identity-${key % 7}`,
        live: true,
        prepare: () => ({
          topic: `${key}`,
          payload: Buffer.from(String(number)),
          retain: false,
          contentType: 'text/plain',
        }),
        settle: ({ kind }) => {
          published.push(kind);
          if (kind === 'acknowledged') next(key, number + 1);
        },
      });
    };
    for (let key = 0; key < 300; key += 1) next(key, 1);
    await time.advance(8_000);
    expect(broker.open).toBeGreaterThanOrEqual(5);
    running.keys = 0;
    await time.advance(1_000 + 31_000 * 10);
    expect(broker.open).toBe(1);
    expect(new Set(published)).toEqual(new Set(['acknowledged']));
    for (let key = 0; key < 300; key += 1) {
      const numbers = broker.received
        .filter(({ topic }) => topic === String(key))
        .map(({ payload }) => Number(Buffer.from(payload).toString()));
      expect(numbers).toEqual(numbers.map((_unused, index) => index + 1));
    }
    await pool.stop({ force: false });
  });

  it('never has more than the limit unacknowledged on a connection, and honours a smaller one of the broker', async () => {
    const time = createVirtualTime();
    const broker = createFakeBroker({ receiveMaximum: 20 });
    const pool = new ConnectionPool({
      publisher: broker,
      clientIdPrefix: 'p',
      limits: {
        maxPublishes: Infinity,
        maxBytes: Infinity,
        windowMs: 1_000,
        maxUnacknowledged: 100,
        ackTimeoutMs: 30_000,
      },
      minConnections: 1,
      maxConnections: 1,
      clock: time,
      timers: time.timers,
      random: () => 0.5,
      logger: silentLogger,
      metrics: createPublisherMetrics(createMetrics('test_')),
    });
    broker.hold(true);
    pool.start();
    const settled: string[] = [];
    for (let key = 0; key < 200; key += 1)
      pool.submit({
        key: String(key),
        identityId: 'i',
        live: true,
        prepare: () => ({ topic: 't', payload: Buffer.from('x'), retain: false, contentType: 'text/plain' }),
        settle: ({ kind }) => settled.push(kind),
      });
    await time.settle();
    expect(broker.unacknowledged).toBe(20);
    broker.hold(false);
    await time.advanceUntil(() => settled.length === 200);
    expect(settled).toEqual(Array.from({ length: 200 }, () => 'acknowledged'));
    expect(broker.received).toHaveLength(200);
    await pool.stop({ force: true });
  });

  it('abandons what is left when it is stopped by force', async () => {
    const { time, broker, pool, metrics } = setUp();
    broker.hold(true);
    pool.start();
    const outcomes: string[] = [];
    for (let key = 0; key < 150; key += 1)
      pool.submit({
        key: String(key),
        identityId: 'i',
        live: true,
        prepare: () => ({ topic: 't', payload: Buffer.from('x'), retain: false, contentType: 'text/plain' }),
        settle: ({ kind }) => outcomes.push(kind),
      });
    await time.settle();
    await pool.stop({ force: true });
    expect(outcomes).toEqual(Array.from({ length: 150 }, () => 'abandoned'));
    expect(await metrics.text()).toContain('test_messages_in_flight 0\n');
  });
});
