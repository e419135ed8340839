import { createMqttJsPublisher } from '@stepcast/publisher';
import { describeMqttPublisher } from '@stepcast/publisher/testing/conformance';
import { startRealBroker } from '../support/broker.ts';

/** The publisher's conformance suite against the most real broker that this machine has, a new one for each test. */
for (const protocol of ['3.1.1', '5'] as const) {
  describeMqttPublisher(`MQTT ${protocol}, the most real broker there is`, async () => {
    const { url, name, close } = await startRealBroker();
    let gone: Promise<void> | undefined;
    const goAway = () => (gone ??= close());
    return {
      publisher: createMqttJsPublisher({ url, protocol }),
      goAway,
      sharedSubscriptions: name.startsWith('Mosquitto'),
      close: goAway,
    };
  });
}
