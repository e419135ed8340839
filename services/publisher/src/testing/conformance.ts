import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLOUDEVENTS_CONTENT_TYPE } from '@stepcast/contracts';
import {
  ConnectFailedError,
  ConnectionLostError,
  type IncomingMqttMessage,
  type MqttMessage,
  type MqttPublisher,
  type MqttSession,
} from '../ports/mqtt-publisher.port.ts';

/** A broker to try an adapter against. */
export interface ConformanceSetup {
  readonly publisher: MqttPublisher;
  /** Ends every connection from the other side. */
  readonly dropConnections: () => Promise<void>;
  /** Ends the broker for good: nothing listens on its port any more. */
  readonly goAway: () => Promise<void>;
  /** A topic that the broker refuses with a reason code, keeping the connection (MQTT 5). */
  readonly refusedTopic?: string;
  /** A topic to which the broker answers by closing the connection (MQTT 3.1.1). */
  readonly closingTopic?: string;
  readonly sharedSubscriptions: boolean;
  close(): Promise<void>;
}

/**
 * The conformance suite of the port `MqttPublisher`: every adapter passes it against every broker.
 * @param factory starts a broker, called before each test
 * @param options.refuses whether the broker can be made to refuse a topic; without it that test is not there. Default true
 */
export function describeMqttPublisher(
  name: string,
  factory: () => Promise<ConformanceSetup>,
  options: { readonly refuses: boolean } = { refuses: true },
): void {
  describe(`MqttPublisher: ${name}`, () => {
    let setup: ConformanceSetup;
    let opened: MqttSession[] = [];
    let clients = 0;

    beforeEach(async () => {
      setup = await factory();
      opened = [];
    });

    afterEach(async () => {
      await Promise.all(opened.map((session) => session.close({ force: true })));
      await setup.close();
    });

    async function open(): Promise<MqttSession> {
      clients += 1;
      const session = await setup.publisher.connect({
        clientId: `conformance-${clients}`,
        signal: new AbortController().signal,
      });
      opened.push(session);
      return session;
    }

    function message(topic: string, text: string, retain = false): MqttMessage {
      return { topic, payload: Buffer.from(text), retain, contentType: CLOUDEVENTS_CONTENT_TYPE };
    }

    /** Gathers what arrives; `first(n)` resolves when there are n. */
    function inbox() {
      const arrived: { readonly topic: string; readonly text: string }[] = [];
      let wanted = Infinity;
      const enough = Promise.withResolvers<void>();
      return {
        arrived,
        take: ({ topic, payload }: IncomingMqttMessage) => {
          arrived.push({ topic, text: Buffer.from(payload).toString() });
          if (arrived.length >= wanted) enough.resolve();
        },
        async first(count: number) {
          wanted = count;
          if (arrived.length < count) await enough.promise;
          return arrived;
        },
      };
    }

    it('delivers what it acknowledged, in order', async () => {
      const topic = `conformance/${clients}/order`;
      const subscriber = await open();
      const box = inbox();
      await subscriber.subscribe(topic, box.take);
      const session = await open();
      const texts = Array.from({ length: 60 }, (_unused, index) => `message ${index}`);
      await Promise.all(texts.map((text) => session.publish(message(topic, text))));
      expect((await box.first(60)).map(({ text }) => text)).toEqual(texts);
    });

    it('keeps retained messages for those who come later', async () => {
      const topic = `conformance/${clients}/retained`;
      const session = await open();
      await session.publish(message(topic, 'older', true));
      await session.publish(message(topic, 'newer', true));
      const subscriber = await open();
      const box = inbox();
      await subscriber.subscribe(topic, box.take);
      expect(await box.first(1)).toEqual([{ topic, text: 'newer' }]);
    });

    it('gives binary payloads of 127 KB back as they were', async () => {
      const topic = `conformance/${clients}/large`;
      const text = 'x'.repeat(127 * 1024);
      const subscriber = await open();
      const box = inbox();
      await subscriber.subscribe(topic, box.take);
      const session = await open();
      await session.publish(message(topic, text));
      expect((await box.first(1))[0]?.text).toBe(text);
    });

    it('subscribes with wildcards and tells the exact topic', async () => {
      const subscriber = await open();
      const box = inbox();
      await subscriber.subscribe(`conformance/${clients}/+/requests/+`, box.take);
      const number = clients;
      const session = await open();
      await session.publish(message(`conformance/${number}/us-east-1:abc/requests/s1`, 'ask'));
      expect(await box.first(1)).toEqual([
        { topic: `conformance/${number}/us-east-1:abc/requests/s1`, text: 'ask' },
      ]);
    });

    it('shares requests among the members of a group where the broker can, and says so where it cannot', async () => {
      const topic = `conformance/${clients}/shared`;
      const [one, two] = [await open(), await open()];
      const box = inbox();
      const subscribe = (session: MqttSession) => session.subscribe(`$share/conformance/${topic}`, box.take);
      if (!setup.sharedSubscriptions) {
        const granted = one.traits.sharedSubscriptions
          ? await subscribe(one).then(
              () => true,
              () => false,
            )
          : false;
        expect(granted).toBe(false);
        return;
      }
      await Promise.all([subscribe(one), subscribe(two)]);
      const session = await open();
      for (let index = 0; index < 10; index += 1) await session.publish(message(topic, String(index)));
      // The last message marks the end: whatever comes twice would come before it or with it.
      const ended = inbox();
      await one.subscribe(`${topic}/end`, ended.take);
      await session.publish(message(`${topic}/end`, 'end'));
      await box.first(10);
      await ended.first(1);
      const texts = box.arrived.filter((arrived) => arrived.topic === topic).map(({ text }) => text);
      expect(texts.toSorted()).toEqual(Array.from({ length: 10 }, (_unused, index) => String(index)));
    });

    it('rejects what was not acknowledged when the connection ends, and says why it ended', async () => {
      const session = await open();
      await session.close({ force: true });
      expect(await session.closed).toBeInstanceOf(ConnectionLostError);
      await expect(session.publish(message('conformance/late', 'late'))).rejects.toBeInstanceOf(
        ConnectionLostError,
      );
      await expect(session.subscribe('conformance/late', () => undefined)).rejects.toBeInstanceOf(
        ConnectionLostError,
      );
      const again = await open();
      await again.publish(message('conformance/late', 'again'));
    });

    it('notices that the broker closed the connection', async () => {
      const session = await open();
      await setup.dropConnections();
      expect(await session.closed).toBeInstanceOf(ConnectionLostError);
      const next = await open();
      await next.publish(message('conformance/after', 'after'));
    });

    if (options.refuses)
      it('refuses one message without harm to the others', async () => {
        const session = await open();
        const { refusedTopic, closingTopic } = setup;
        expect(refusedTopic ?? closingTopic).toBeDefined();
        if (refusedTopic !== undefined) {
          const results = await Promise.allSettled([
            session.publish(message('conformance/good', '1')),
            session.publish(message(refusedTopic, 'no')),
            session.publish(message('conformance/good', '2')),
          ]);
          expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
          expect(results[1]).toMatchObject({
            reason: { code: 'PUBLISHER_PUBLISH_REFUSED', retryable: false },
          });
          await session.publish(message('conformance/good', '3'));
        }
        if (closingTopic !== undefined) {
          const refused = session.publish(message(closingTopic, 'no'));
          await expect(refused).rejects.toBeInstanceOf(ConnectionLostError);
          expect(await session.closed).toBeInstanceOf(ConnectionLostError);
        }
      });

    it('fails to connect with a reason when nobody listens', async () => {
      await setup.goAway();
      await expect(open()).rejects.toBeInstanceOf(ConnectFailedError);
    });

    it('gives up connecting when it is called off', async () => {
      const abort = new AbortController();
      abort.abort(new Error('enough'));
      await expect(
        setup.publisher.connect({ clientId: 'conformance-off', signal: abort.signal }),
      ).rejects.toBeInstanceOf(ConnectFailedError);
    });

    it('ends politely and tells the same', async () => {
      const session = await open();
      await session.publish(message('conformance/end', 'end'));
      await session.close({ force: false });
      expect(await session.closed).toBeInstanceOf(ConnectionLostError);
    });
  });
}
