import { randomUUID } from 'node:crypto';
import { AttachPolicyCommand, DetachPolicyCommand } from '@aws-sdk/client-iot';
import { IdentityId, SessionId, topicSpace } from '@stepcast/contracts';
import { brokerUrl, presignedUrl } from '@stepcast/web';
import { connectAsync, type MqttClient } from 'mqtt';
import { type SignedIn } from '../../deployed/person.ts';
import { until } from '../../deployed/run.ts';
import { judged, said, type Probe, type World } from '../probe.ts';
import { namesIn } from '../stage.ts';

/** How a try to connect ended, in one line; and the client where it did connect. */
export async function connectAs(
  { page, region }: World,
  { identityId, keys }: SignedIn,
  { clientId = `${identityId}-probe`, signedMsAgo = 0 } = {},
): Promise<{ readonly how: string; readonly client?: MqttClient }> {
  const url = presignedUrl({
    url: brokerUrl(page.broker),
    region,
    credentials: keys,
    nowMs: Date.now() - signedMsAgo,
    ...(signedMsAgo === 0 ? {} : { expiresSeconds: 86_400 }),
  });
  try {
    const client = await connectAsync(
      url,
      { clientId, protocolVersion: 5, reconnectPeriod: 0, connectTimeout: 15_000 },
      // Without this a refused upgrade would hang.
      false,
    );
    return { how: 'connected', client };
  } catch (thrown) {
    const code = Error.isError(thrown) && 'code' in thrown ? ` (code ${String(thrown.code)})` : '';
    return { how: `${said(thrown)}${code}` };
  }
}

/** The same once it succeeds: AWS lets a fresh policy work within minutes. @throws Error when it does not within ten */
async function connectedAs(world: World, person: SignedIn): Promise<MqttClient> {
  return until(
    `${person.username} may connect`,
    world.emulator === undefined ? 600_000 : 10_000,
    async () => {
      const { client } = await connectAs(world, person);
      return client;
    },
  );
}

/** Bob has no policy yet when this runs. */
export const connectWithoutPolicy: Probe = async (world) => {
  const { how, client } = await connectAs(world, world.bob);
  client?.end(true);
  return [judged('iot.connect-without-policy', client === undefined && !/\b403\b/.test(how), how)];
};

export const oldSignature: Probe = async (world) => {
  const { how, client } = await connectAs(world, world.ada, { signedMsAgo: 600_000 });
  client?.end(true);
  return [
    judged('iot.signature-age', client === undefined, `signed ten minutes ago, good for a day: ${how}`),
  ];
};

export const attachUnknown: Probe = async ({ clients: { iot }, region }) => {
  const fact = 'iot.attach-unknown-identity';
  const of = { policyName: namesIn(region).iotPolicy, target: `${region}:${randomUUID()}` };
  try {
    await iot.send(new AttachPolicyCommand(of));
    await iot.send(new DetachPolicyCommand(of));
    return [judged(fact, true, 'attached to an identity that there is not, and detached')];
  } catch (thrown) {
    return [judged(fact, false, said(thrown))];
  }
};

/** Ada publishes to her own overview, which only the publisher may. */
export const refusedPublish: Probe = async (world) => {
  const client = await connectedAs(world, world.ada);
  const topic = topicSpace(world.page.topicNamespace).build({
    kind: 'overview',
    identityId: IdentityId.parse(world.ada.identityId),
  });
  const closed = new Promise<string>((resolve) =>
    client.once('close', () => resolve('the connection closed')),
  );
  const limit = Promise.withResolvers<string>();
  const timer = setTimeout(() => limit.resolve('no answer within 15 s'), 15_000);
  try {
    const answered = client.publishAsync(topic, 'theirs', { qos: 1 }).then(
      () => 'taken',
      (thrown: unknown) => said(thrown),
    );
    const answer = await Promise.race([answered, closed, limit.promise]);
    const stays = client.connected;
    return [
      judged(
        'iot.refused-publish',
        stays && /not authorized|135/i.test(answer),
        `${answer}; the connection ${stays ? 'stays' : 'is gone'}`,
      ),
    ];
  } finally {
    clearTimeout(timer);
    client.end(true);
  }
};

/** What Bob must not be able to do with Ada's topics. @returns what was not refused */
export async function brokerCrossings(world: World): Promise<readonly string[]> {
  const { ada, bob } = world;
  const open: string[] = [];
  // First as himself: until his policy works, everything is refused.
  const own = await connectedAs(world, bob);
  const asAda = await connectAs(world, bob, { clientId: `${ada.identityId}-theft` });
  if (asAda.client !== undefined) open.push('connects under the client ID of somebody else');
  asAda.client?.end(true);
  const owner = IdentityId.parse(ada.identityId);
  const topics = topicSpace(world.page.topicNamespace);
  const filters = [
    topics.build({ kind: 'overview', identityId: owner }),
    topics.build({ kind: 'replies', identityId: owner, session: SessionId.parse('probe') }),
    `${topics.namespace}/${ada.identityId}/#`,
    '#',
  ];
  for (const filter of filters) {
    const granted = await own.subscribeAsync(filter, { qos: 0 }).catch(() => []);
    if (granted.some(({ qos }) => qos < 128)) open.push(`subscribes to ${filter}`);
    if (!own.connected) break;
  }
  own.end(true);
  return open;
}
