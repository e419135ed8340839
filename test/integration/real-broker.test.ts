import { createMqttPublisher } from '@stepcast/publisher';
import { startFaultProxy } from '@stepcast/publisher/testing';
import { describeMqttPublisher } from '@stepcast/publisher/testing/conformance';
import { startRealBroker } from '../support/broker.ts';

/** The publisher's conformance suite against the most real broker that this machine has, a new one for each test. */
for (const protocol of ['3.1.1', '5'] as const) {
  describeMqttPublisher(
    `MQTT ${protocol}, the most real broker there is`,
    async () => {
      const broker = await startRealBroker();
      const proxy = await startFaultProxy({ port: Number(new URL(broker.url).port) });
      let gone: Promise<unknown> | undefined;
      const goAway = async () => {
        await (gone ??= Promise.all([proxy.close(), broker.close()]));
      };
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
