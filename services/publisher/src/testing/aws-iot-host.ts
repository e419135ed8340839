import { auth } from 'aws-iot-device-sdk-v2';
import { createAwsIotPublisher } from '../adapters/aws-iot.adapter.ts';

import { HostRequest, partsOfError, type HostReply } from './aws-iot-protocol.ts';
import type { MqttSession } from '../ports/mqtt-publisher.port.ts';

/** Runs the `aws-iot` adapter in a process of its own and obeys the parent; see `startAwsIotHost`. */
const publisherFor = (port: number) =>
  createAwsIotPublisher({
    hostName: '127.0.0.1',
    port,
    tls: false,
    region: 'us-east-1',
    credentials: auth.AwsCredentialsProvider.newStatic('AKIDEXAMPLE', 'secret', 'token'),
  });
const sessions = new Map<number, MqttSession>();

function reply(message: HostReply): void {
  process.send?.(message);
}

async function obey(request: HostRequest): Promise<HostReply> {
  const { id } = request;
  if (request.kind === 'connect') {
    const session = await publisherFor(request.port).connect({
      clientId: request.clientId,
      signal: AbortSignal.timeout(10_000),
    });
    sessions.set(request.session, session);
    void session.closed.then((error) => {
      reply({ kind: 'closed', session: request.session, reason: error.message });
    });
    return { kind: 'done', id, traits: session.traits };
  }
  const session = sessions.get(request.session);
  if (session === undefined) throw new Error('no such session');
  if (request.kind === 'publish')
    await session.publish({ ...request.message, payload: Buffer.from(request.message.payload, 'base64') });
  else if (request.kind === 'subscribe')
    await session.subscribe(request.filter, ({ topic, payload }) => {
      reply({
        kind: 'message',
        subscription: request.id,
        topic,
        payload: Buffer.from(payload).toString('base64'),
      });
    });
  else await session.close({ force: request.force });
  return { kind: 'done', id };
}

process.on('message', (raw) => {
  const request = HostRequest.parse(raw);
  obey(request).then(reply, (thrown: unknown) => {
    reply({ kind: 'failed', id: request.id, ...partsOfError(thrown) });
  });
});
