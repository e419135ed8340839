import { fileURLToPath } from 'node:url';
import { startChildProcess } from '@stepcast/kit/testing/child-process';
import {
  ConnectFailedError,
  ConnectionLostError,
  PublishRefusedError,
  SubscribeRefusedError,
  type IncomingMqttMessage,
  type MqttPublisher,
  type MqttSession,
} from '../ports/mqtt-publisher.port.ts';
import { HostReply, type HostRequest } from './aws-iot-protocol.ts';

/**
 * The `aws-iot` adapter in a process of its own, behind the same port. The SDK's native runtime keeps a process alive
 * for as long as it likes, even when every client is closed; a test run has to end.
 */
export function startAwsIotHost(): {
  /** The adapter, for a broker on this port of loopback. */
  readonly publisherFor: (port: number) => MqttPublisher;
  readonly close: () => Promise<void>;
} {
  const host = fileURLToPath(new URL('./aws-iot-host.ts', import.meta.url));
  const child = startChildProcess(
    process.execPath,
    ['--conditions=stepcast-source', '--disable-warning=ExperimentalWarning', host],
    // Without what the test runner wants of itself.
    { env: { PATH: '/usr/bin:/bin' }, ipc: true, output: 'inherit' },
  );
  const waiting = new Map<number, { done: (reply: HostReply) => void; fail: (error: Error) => void }>();
  const handlers = new Map<number, (message: IncomingMqttMessage) => void>();
  const ends = new Map<number, (reason: string) => void>();
  let ids = 0;

  child.channel.on('message', (raw) => {
    const reply = HostReply.parse(raw);
    if (reply.kind === 'message')
      handlers.get(reply.subscription)?.({
        topic: reply.topic,
        payload: Buffer.from(reply.payload, 'base64'),
      });
    else if (reply.kind === 'closed') ends.get(reply.session)?.(reply.reason);
    else {
      const asked = waiting.get(reply.id);
      waiting.delete(reply.id);
      if (reply.kind === 'done') asked?.done(reply);
      else asked?.fail(errorOf(reply));
    }
  });

  function ask(request: HostRequest): Promise<HostReply> {
    const { promise, resolve, reject } = Promise.withResolvers<HostReply>();
    waiting.set(request.id, { done: resolve, fail: reject });
    child.channel.send(request);
    return promise;
  }

  const nextId = () => (ids += 1);

  const publisherFor = (port: number): MqttPublisher => ({
    async connect({ clientId, signal }) {
      if (signal.aborted) throw new ConnectFailedError('called off');
      const session = nextId();
      const closed = Promise.withResolvers<Error>();
      ends.set(session, (reason) => {
        closed.resolve(new ConnectionLostError(reason));
      });
      const reply = await ask({ kind: 'connect', id: nextId(), session, port, clientId });
      const traits = reply.kind === 'done' ? reply.traits : undefined;
      return sessionOf(session, closed.promise, {
        receiveMaximum: traits?.receiveMaximum,
        maximumPacketBytes: traits?.maximumPacketBytes,
        sharedSubscriptions: traits?.sharedSubscriptions ?? false,
      });
    },
  });

  function sessionOf(session: number, closed: Promise<Error>, traits: MqttSession['traits']): MqttSession {
    return {
      traits,
      closed,
      async publish({ payload, ...message }) {
        const text = Buffer.from(payload).toString('base64');
        await ask({ kind: 'publish', id: nextId(), session, message: { ...message, payload: text } });
      },
      async subscribe(filter, onMessage) {
        const id = nextId();
        handlers.set(id, onMessage);
        await ask({ kind: 'subscribe', id, session, filter });
      },
      async close({ force }) {
        await ask({ kind: 'close', id: nextId(), session, force });
      },
    };
  }

  return {
    publisherFor,
    async close() {
      await child.kill();
    },
  };
}

function errorOf({ code, message, reasonCode }: Extract<HostReply, { kind: 'failed' }>): Error {
  if (code === 'PUBLISHER_PUBLISH_REFUSED') return new PublishRefusedError(message, reasonCode);
  if (code === 'PUBLISHER_SUBSCRIBE_REFUSED') return new SubscribeRefusedError(message, reasonCode);
  if (code === 'PUBLISHER_CONNECTION_LOST') return new ConnectionLostError(message);
  return new ConnectFailedError(`${code}: ${message}`);
}
