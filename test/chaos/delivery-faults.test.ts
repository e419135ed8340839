import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectAsync } from 'mqtt';
import {
  EVENTS_OF_AN_EXECUTION,
  startChaosBroker,
  startChaosWorld,
  type ChaosBroker,
  type ChaosWorld,
} from './world.ts';
import { reportFigure } from '../support/figures.ts';
import { reportNotRun, reportUsed } from '../support/not-run.ts';

const EXECUTIONS = 30;
const WHOLE = Array.from({ length: EVENTS_OF_AN_EXECUTION }, (_, index) => index + 1);

let broker: ChaosBroker | undefined;
let world: ChaosWorld | undefined;

beforeAll(async () => {
  broker = await startChaosBroker();
  if (broker === undefined)
    reportNotRun(
      'faults between services, broker and client (test/chaos/delivery-faults.test.ts)',
      'there is no mosquitto binary; install Mosquitto to have them',
    );
  else reportUsed('MQTT broker of the chaos tests', 'Mosquitto (local binary)');
});
afterEach(async () => {
  await world?.close();
  world = undefined;
});
afterAll(async () => {
  await broker?.close();
});

/** Runs a test where there is a broker; where there is none, the summary of the run says so. */
const onBroker =
  (body: (on: ChaosWorld) => Promise<void>, connection: { ackTimeoutMs?: number } = {}) =>
  async () => {
    if (broker === undefined) return;
    world = await startChaosWorld(broker, { executions: EXECUTIONS, connection });
    await body(world);
  };

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Hands the payloads over one by one, with faults in between at equal distances. */
async function feed(on: ChaosWorld, faults: number, fault: (index: number) => Promise<void>): Promise<void> {
  const every = Math.floor(on.payloads.length / (faults + 1));
  for (const [index, payload] of on.payloads.entries()) {
    await on.pipeline.offer(payload.payload);
    await turn();
    const at = (index + 1) / every;
    if (Number.isInteger(at) && at <= faults) await fault(at);
  }
}

/** The application got every offset of every upload exactly once and in order, or a discontinuity was reported to it. */
async function expectWhole(on: ChaosWorld, name: string, beganMs: number): Promise<void> {
  await on.complete;
  const tookMs = performance.now() - beganMs;
  for (const { offsets, discontinuities, errors } of on.received.values()) {
    expect(errors).toEqual([]);
    expect(discontinuities).toEqual([]);
    expect(offsets).toEqual(WHOLE);
  }
  // The last records are counted when retained topics say so too, which may be after the application has them.
  await on.pipeline.idle();
  const outcomes = await on.pipeline.outcomes();
  expect(outcomes.released).toBe(on.payloads.reduce((sum, one) => sum + one.events, 0));
  expect(outcomes.deadLetters).toBe(0);
  const { connections, catchUpRequests, invalidMessages } = on.client.counters;
  expect(invalidMessages).toBe(0);
  reportFigure(
    name,
    `${EXECUTIONS} executions, ${EXECUTIONS * WHOLE.length} events: 0 lost, 0 twice at the application; ` +
      `whole ${Math.round(tookMs)} ms after the last fault ended; ` +
      `${on.toPublisher.accepted} connections of the publisher, ${connections} of the client, ${catchUpRequests} catch-ups`,
  );
}

describe('from log events to the application', () => {
  it(
    'nothing is lost or delivered twice when the broker is killed and restarted, twice',
    onBroker(async (on) => {
      let endedMs = performance.now();
      await feed(on, 2, async () => {
        await on.broker.kill();
        await on.broker.start();
        endedMs = performance.now();
      });
      await expectWhole(on, 'broker killed and restarted twice', endedMs);
    }),
  );

  it(
    'nothing is lost or delivered twice over 10 TCP resets on each side of the broker',
    onBroker(async (on) => {
      await feed(on, 10, async () => {
        on.toPublisher.resetAll();
        on.toClient.resetAll();
        await on.toPublisher.nextConnection();
      });
      await expectWhole(on, '10 TCP resets on each side of the broker', performance.now());
    }),
  );

  it(
    'a half-open connection of the publisher is given up, and nothing is lost or delivered twice',
    onBroker(
      async (on) => {
        await feed(on, 2, async () => {
          on.toPublisher.stall(true);
          // Another connection is the sign that the half-open one was given up.
          await on.toPublisher.nextConnection();
          on.toPublisher.stall(false);
        });
        await expectWhole(on, 'two half-open connections of the publisher', performance.now());
      },
      { ackTimeoutMs: 400 },
    ),
  );

  it(
    'a half-open connection of the client is given up, and what was missed is caught up with',
    onBroker(async (on) => {
      await feed(on, 1, async () => {
        on.toClient.stall(true);
        await on.toClient.nextConnection();
        on.toClient.stall(false);
      });
      await expectWhole(on, 'a half-open connection of the client', performance.now());
    }),
  );

  it(
    'a broker that stops answering for longer than anybody waits is outlasted',
    onBroker(
      async (on) => {
        let endedMs = performance.now();
        await feed(on, 1, async () => {
          on.broker.stall(true);
          await on.toPublisher.nextConnection();
          on.broker.stall(false);
          endedMs = performance.now();
        });
        await expectWhole(on, 'a broker stopped in the middle', endedMs);
      },
      { ackTimeoutMs: 400 },
    ),
  );

  it(
    'strangers that take over the client IDs of publisher and client do no harm',
    onBroker(async (on) => {
      await feed(on, 5, async () => {
        for (const clientId of [`${on.publisherId}-0`, on.clientIds.at(-1) ?? '']) {
          const stranger = await connectAsync(`mqtt://127.0.0.1:${on.broker.port}`, { clientId });
          await stranger.endAsync(true);
        }
      });
      await expectWhole(on, '5 takeovers of each client ID', performance.now());
      expect(new Set(on.clientIds).size).toBe(on.clientIds.length);
    }),
  );
});
