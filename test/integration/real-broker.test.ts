import { createMqttPublisher } from '@stepcast/publisher';
import { startFaultProxy } from '@stepcast/publisher/testing';
import { describeMqttPublisher } from '@stepcast/publisher/testing/conformance';
import { afterAll } from 'vitest';
import { startRealBroker, type TestBroker } from '../support/broker.ts';

/**
 * The publisher's conformance suite against the most real broker that this machine has. Each test has topics of its own, and a
 * proxy of its own by which the broker goes away, so one broker serves a whole suite.
 */
for (const protocol of ['3.1.1', '5'] as const) {
  let started: Promise<TestBroker> | undefined;
  afterAll(async () => {
    await (await started)?.close();
  });

  describeMqttPublisher(
    `MQTT ${protocol}, the most real broker there is`,
    async () => {
      const broker = await (started ??= startRealBroker());
      const proxy = await startFaultProxy({ port: Number(new URL(broker.url).port) });
      let gone: Promise<void> | undefined;
      const goAway = () => (gone ??= proxy.close());
      return {
        publisher: createMqttPublisher({ url: `mqtt://127.0.0.1:${proxy.port}`, protocol }),
        dropConnections: () => {
          proxy.resetAll();
          return Promise.resolve();
        },
        goAway,
        sharedSubscriptions: broker.name.startsWith('Mosquitto'),
        close: goAway,
      };
    },
    { refuses: false },
  );
}
