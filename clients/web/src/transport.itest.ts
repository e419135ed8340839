import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { once } from 'node:events';
import { WebSocketServer } from 'ws';
import { mqttTransport } from './adapters/mqtt-transport.adapter.ts';
import { webSocketTransport } from './adapters/websocket-transport.adapter.ts';
import { TestBroker } from './aedes-support.ts';
import {
  type ConformanceBroker,
  FakeTransport,
  ManualRuntime,
  transportConformance,
} from './testing/index.ts';
import { type ProtocolLevel, TransportError } from './transport.port.ts';

const refusedFilter = 'forbidden/#';
const refusedClientId = 'forbidden';

let real: TestBroker;
beforeAll(async () => {
  real = await TestBroker.start();
  real.aedes.authorizeSubscribe = (_client, subscription, callback) =>
    callback(null, subscription.topic === refusedFilter ? null : subscription);
  real.aedes.authenticate = (client, _username, _password, done) => {
    if (client.id !== refusedClientId) done(null, true);
    else done(Object.assign(new Error('not authorized'), { returnCode: 5 }), false);
  };
});
afterAll(() => real.stop());

function onRealBroker(transport: ConformanceBroker['transport'], protocol: ProtocolLevel): ConformanceBroker {
  return {
    transport,
    protocol,
    url: real.url,
    refusedFilter,
    refusedClientId,
    publish: (topic, payload, options) => real.publish(topic, payload, options),
    drop: (clientId) => real.drop(clientId),
  };
}

function onFake(protocol: ProtocolLevel): ConformanceBroker {
  const transport = new FakeTransport();
  transport.refuseFilter = (filter) => (filter === refusedFilter ? 0x87 : 1);
  return {
    transport: {
      connect: (options) =>
        options.clientId === refusedClientId
          ? Promise.reject(new TransportError('refused', 'no', { mqttCode: 0x87 }))
          : transport.connect(options),
    },
    protocol,
    url: 'ws://fake/mqtt',
    refusedFilter,
    refusedClientId,
    publish: (topic, payload, options) => {
      transport.publish(topic, payload, options);
      return Promise.resolve();
    },
    drop: () => transport.drop(),
  };
}

describe.each([
  ['the fake, 3.1.1', () => onFake(4)],
  ['the fake, 5', () => onFake(5)],
  ['our MQTT over WebSocket against aedes, 3.1.1', () => onRealBroker(webSocketTransport(), 4)],
  ['our MQTT over WebSocket against aedes, 5', () => onRealBroker(webSocketTransport(), 5)],
  ['MQTT.js against aedes, 3.1.1', () => onRealBroker(mqttTransport(), 4)],
  ['MQTT.js against aedes, 5', () => onRealBroker(mqttTransport(), 5)],
])('%s', (_, make) => {
  it.each(transportConformance)('$name', async (conformance) => {
    await expect(conformance.run(make())).resolves.toBeUndefined();
  });
});

describe.each([
  ['our MQTT over WebSocket', webSocketTransport],
  ['MQTT.js', mqttTransport],
])('%s', (_, make) => {
  const options = (url: string) => ({
    url,
    clientId: 'one',
    protocol: 5 as const,
    keepAliveSeconds: 60,
    connectTimeoutMs: 2_000,
    onMessage: () => undefined,
    onClose: () => undefined,
  });

  it('reports an upgrade refused with 403 as a failed handshake', async () => {
    real.refuseUpgrade = () => true;
    await expect(make().connect(options(real.url))).rejects.toMatchObject({ kind: 'handshake' });
    real.refuseUpgrade = undefined;
  });

  it('reports a port where nobody listens as a failed handshake', async () => {
    await expect(make().connect(options('ws://127.0.0.1:9/mqtt'))).rejects.toMatchObject({
      kind: 'handshake',
    });
  });
});

describe('our MQTT over WebSocket', () => {
  it('pings at half the keep-alive, and ends a connection whose broker has fallen silent', async () => {
    const runtime = new ManualRuntime();
    const closed = Promise.withResolvers<TransportError>();
    const pinged = Promise.withResolvers<undefined>();
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    server.on('connection', (socket) =>
      socket.on('message', (data: Buffer) => {
        // CONNACK, and from then on nothing.
        if (data[0] === 0x10) socket.send(Uint8Array.of(0x20, 3, 0, 0, 0));
        if (data[0] === 0xc0) pinged.resolve(undefined);
      }),
    );
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const connection = await webSocketTransport({ runtime }).connect({
      url: `ws://127.0.0.1:${port}/mqtt`,
      clientId: 'silent',
      protocol: 5,
      keepAliveSeconds: 60,
      connectTimeoutMs: 2_000,
      onMessage: () => undefined,
      onClose: closed.resolve,
    });
    await runtime.advance(30_000);
    await pinged.promise;
    await runtime.advance(15_000);
    await expect(closed.promise).resolves.toMatchObject({ kind: 'timeout' });
    await expect(connection.ping(1_000)).rejects.toMatchObject({ kind: 'closed' });
    expect(runtime.pending).toBe(0);
    server.close();
  });
});
