import { describe, expect, it } from 'vitest';
import { createMetrics, silentLogger } from '@stepcast/kit';
import {
  ConnectionLostError,
  type MqttPublisher,
  type MqttSession,
} from '../../ports/mqtt-publisher.port.ts';
import { createVirtualTime } from '../../testing/virtual-time.ts';
import { createPublisherMetrics } from '../publisher-metrics.ts';
import { RequestListener } from './request-listener.ts';

/** A broker that accepts connections and then says nothing: no SUBACK, and no end of a connection that is left politely. */
function silentBroker(): MqttPublisher & { readonly connects: number; readonly forced: number } {
  let connects = 0;
  let forced = 0;
  return {
    get connects() {
      return connects;
    },
    get forced() {
      return forced;
    },
    connect() {
      connects += 1;
      const closed = Promise.withResolvers<Error>();
      const session: MqttSession = {
        traits: { receiveMaximum: undefined, maximumPacketBytes: undefined, sharedSubscriptions: false },
        closed: closed.promise,
        publish: () => Promise.withResolvers<void>().promise,
        subscribe: async () => {
          throw await closed.promise;
        },
        async close({ force }) {
          if (force) {
            forced += 1;
            closed.resolve(new ConnectionLostError('closed by us'));
          }
          await closed.promise;
        },
      };
      return Promise.resolve(session);
    },
  };
}

function listenTo(publisher: MqttPublisher) {
  const time = createVirtualTime();
  const listener = new RequestListener({
    publisher,
    clientId: 'requests',
    filter: 'requests/+',
    sharedSubscription: 'auto',
    onRequest: () => undefined,
    clock: time,
    timers: time.timers,
    random: () => 0.5,
    logger: silentLogger,
    metrics: createPublisherMetrics(createMetrics('test_')),
  });
  listener.start();
  return { time, listener };
}

describe('listening for catch-up requests', () => {
  it('tries another connection when the broker does not answer the subscription', async () => {
    const broker = silentBroker();
    const { time, listener } = listenTo(broker);
    await time.advance(9_999);
    expect([broker.connects, listener.problem]).toEqual([1, 'not subscribed']);
    await time.advance(10_000);
    expect(broker.connects).toBe(2);
    await listener.stop({ force: true });
  });

  it('stops although the broker never ends the connection', async () => {
    const broker = silentBroker();
    const { time, listener } = listenTo(broker);
    await time.settle();
    let stopped = false;
    void listener.stop({ force: false }).then(() => (stopped = true));
    await time.advance(4_999);
    expect(stopped).toBe(false);
    await time.advance(1);
    expect([stopped, broker.forced]).toEqual([true, 1]);
  });
});
