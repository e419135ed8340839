import { afterAll, describe, expect, it } from 'vitest';
import { ConnectionLostError, type MqttPublisher } from '../ports/mqtt-publisher.port.ts';
import { startAwsIotHost } from '../testing/aws-iot-process.ts';
import { describeMqttPublisher, type ConformanceSetup } from '../testing/conformance.ts';
import { startFaultProxy } from '../testing/fault-proxy.ts';
import { startLimitBroker } from '../testing/limit-broker.ts';
import { findMosquitto, startMosquitto } from '../testing/mosquitto.ts';
import { startTlsFront } from '../testing/tls-front.ts';
import { createMqttPublisher } from './mqtt/mqtt.adapter.ts';

const REFUSED = 'conformance/refused';

interface Ports {
  readonly port: number;
  readonly wsPort: number;
}
interface Connected {
  readonly publisher: MqttPublisher;
}
type Connect = (ports: Ports) => Connected;

// Two brokers are many for a busy machine, and Debian's mosquitto takes its time with large WebSocket frames.

const awsIotHost = startAwsIotHost();
afterAll(() => awsIotHost.close());

const awsIot: Connect = ({ wsPort }) => ({
  publisher: awsIotHost.publisherFor(wsPort),
});

function plain(transport: 'mqtt' | 'ws', protocol: '3.1.1' | '5'): Connect {
  return ({ port, wsPort }) => {
    const url = transport === 'mqtt' ? `mqtt://127.0.0.1:${port}` : `ws://127.0.0.1:${wsPort}/mqtt`;
    // A keep-alive that is never due: the end of a connection has to be noticed without it.
    return { publisher: createMqttPublisher({ url, protocol, keepAliveSeconds: 3_600 }) };
  };
}

async function limitBroker(connect: Connect, protocol: '3.1.1' | '5'): Promise<ConformanceSetup> {
  const broker = await startLimitBroker({
    maxPayloadBytes: 128 * 1024,
    maxUnacknowledged: 100,
    maxPublishesPerSecond: 100,
    refuse: ({ topic }) => topic === REFUSED,
  });
  const { publisher } = connect(broker);
  let gone: Promise<void> | undefined;
  const goAway = () => (gone ??= broker.close());
  return {
    publisher,
    dropConnections: () => {
      broker.reset();
      return Promise.resolve();
    },
    goAway,
    ...(protocol === '5' ? { refusedTopic: REFUSED } : { closingTopic: REFUSED }),
    sharedSubscriptions: false,
    close: goAway,
  };
}

async function mosquitto(connect: Connect): Promise<ConformanceSetup> {
  const broker = await startMosquitto();
  // Mosquitto has no command that drops a connection; the proxy in front of it has.
  const [tcp, ws] = [
    await startFaultProxy({ port: broker.port }),
    await startFaultProxy({ port: broker.wsPort }),
  ];
  const { publisher } = connect({ port: tcp.port, wsPort: ws.port });
  let gone: Promise<unknown> | undefined;
  const goAway = async () => {
    await (gone ??= Promise.all([tcp.close(), ws.close(), broker.close()]));
  };
  return {
    publisher,
    dropConnections: () => {
      tcp.resetAll();
      ws.resetAll();
      return Promise.resolve();
    },
    goAway,
    sharedSubscriptions: true,
    close: goAway,
  };
}

for (const protocol of ['3.1.1', '5'] as const) {
  describeMqttPublisher(`mqtt, MQTT ${protocol} over TCP, aedes with limits`, () =>
    limitBroker(plain('mqtt', protocol), protocol),
  );
  describeMqttPublisher(`mqtt, MQTT ${protocol} over WebSocket, aedes with limits`, () =>
    limitBroker(plain('ws', protocol), protocol),
  );
}
describeMqttPublisher('aws-iot, MQTT 5 over WebSocket, aedes with limits', () => limitBroker(awsIot, '5'));

if (findMosquitto() !== undefined) {
  for (const protocol of ['3.1.1', '5'] as const)
    describeMqttPublisher(
      `mqtt, MQTT ${protocol} over TCP, mosquitto`,
      () => mosquitto(plain('mqtt', protocol)),
      { refuses: false },
    );
  describeMqttPublisher('aws-iot, MQTT 5 over WebSocket, mosquitto', () => mosquitto(awsIot), {
    refuses: false,
  });
}

describe('aws-iot', () => {
  it('presigns each connection for iotdevicegateway, with the host and the session token', async () => {
    const broker = await startLimitBroker();
    const { publisher } = awsIot(broker);
    await publisher.connect({ clientId: 'signed', signal: new AbortController().signal });
    const query = new URL(broker.connects[0]?.url ?? '/', 'ws://broker').searchParams;
    await broker.close();
    expect(query.get('X-Amz-Algorithm')).toBe('AWS4-HMAC-SHA256');
    expect(query.get('X-Amz-Credential')).toMatch(
      /^AKIDEXAMPLE\/\d{8}\/us-east-1\/iotdevicegateway\/aws4_request$/,
    );
    // The SDK's signer takes `connection` along, also in its own configuration builder.
    expect(query.get('X-Amz-SignedHeaders')?.split(';')).toContain('host');
    expect(query.get('X-Amz-Signature')).toMatch(/^[0-9a-f]{64}$/);
    expect(query.get('X-Amz-Security-Token')).toBe('token');
  });

  it('fails to connect when the broker is there but does not let it in', async () => {
    const broker = await startLimitBroker({ username: 'somebody', password: 'else' });
    const { publisher } = awsIot(broker);
    await expect(
      publisher.connect({ clientId: 'refused', signal: new AbortController().signal }),
    ).rejects.toMatchObject({ code: 'PUBLISHER_CONNECT_FAILED' });
    await broker.close();
  });
});

describe('mqtt', () => {
  it.each(['3.1.1', '5'] as const)('signs in with a name and a password, MQTT %s', async (protocol) => {
    const broker = await startLimitBroker({ username: 'publisher', password: 'right' });
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const { signal } = new AbortController();
    const wrong = createMqttPublisher({ url, protocol, username: 'publisher', password: 'wrong' });
    await expect(wrong.connect({ clientId: 'a', signal })).rejects.toMatchObject({
      code: 'PUBLISHER_CONNECT_FAILED',
    });
    const right = createMqttPublisher({ url, protocol, username: 'publisher', password: 'right' });
    const session = await right.connect({ clientId: 'b', signal });
    await session.publish({
      topic: 'a',
      payload: Buffer.from('b'),
      retain: false,
      contentType: 'text/plain',
    });
    await session.close({ force: false });
    await broker.close();
    expect(broker.seen).toHaveLength(1);
  });

  it('signs in with the name and the password of its URL', async () => {
    const broker = await startLimitBroker({ username: 'pub lisher', password: 'r/ght' });
    const { signal } = new AbortController();
    const url = `mqtt://pub%20lisher:r%2Fght@127.0.0.1:${broker.port}`;
    const session = await createMqttPublisher({ url, protocol: '5' }).connect({ clientId: 'a', signal });
    await session.close({ force: false });
    expect(await session.closed).toBeInstanceOf(ConnectionLostError);
    await broker.close();
  });

  it('talks TLS to a broker whose certificate it trusts, and to no other', async () => {
    const broker = await startLimitBroker();
    const front = await startTlsFront(broker);
    const url = `mqtts://127.0.0.1:${front.port}`;
    const { signal } = new AbortController();
    await expect(
      createMqttPublisher({ url, protocol: '5' }).connect({ clientId: 'a', signal }),
    ).rejects.toMatchObject({ code: 'PUBLISHER_CONNECT_FAILED' });
    const trusting = createMqttPublisher({ url, protocol: '5', ca: front.certificate });
    const session = await trusting.connect({ clientId: 'b', signal });
    const message = { topic: 'a', retain: false, contentType: 'text/plain' };
    const payloads = Array.from({ length: 50 }, (_unused, index) => Buffer.alloc(5_000, index));
    await Promise.all(payloads.map((payload) => session.publish({ ...message, payload })));
    await session.close({ force: false });
    await front.close();
    await broker.close();
    expect(broker.seen).toHaveLength(50);
  });
});
