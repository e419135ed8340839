import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CorrelationMessage, topicSpace } from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import { connectAsync, type MqttClient } from 'mqtt';
import { paintedPhoto } from '../../e2e/painted-photo.ts';
import { MqttInbox } from '../../support/mqtt-inbox.ts';
import { signIn } from '../../support/person.ts';
import { checkPrinted } from '../../support/published-schemas.ts';
import { startTestSandbox } from '../../support/sandbox.ts';

let sandbox: Sandbox;
const open: MqttClient[] = [];

beforeAll(async () => {
  sandbox = await startTestSandbox({ argv: ['--feed'] });
});
afterAll(async () => {
  for (const client of open) client.end(true);
  await sandbox.stop({ force: true });
});

async function overTcp(
  { mqttPort }: Pick<Sandbox, 'mqttPort'>,
  username: string,
  password: string,
  clientId: string,
): Promise<MqttClient> {
  const client = await connectAsync(
    `mqtt://127.0.0.1:${mqttPort}`,
    { username, password, clientId, protocolVersion: 5, reconnectPeriod: 0, connectTimeout: 5_000 },
    false,
  );
  open.push(client);
  return client;
}

const namespace = () => sandbox.info.topicNamespace;
const everything = () => `${namespace()}/integration/#`;

/** Filters that would bring the feed, or some of it. */
const filters = () => [
  everything(),
  `${namespace()}/integration/+/+`,
  `${namespace()}/+/+/+`,
  `${namespace()}/#`,
  '#',
  `$share/a/${everything()}`,
];

async function granted(client: MqttClient, filter: string): Promise<boolean> {
  return client.subscribeAsync(filter, { qos: 1 }).then(
    () => true,
    () => false,
  );
}

describe('the feed for back offices', () => {
  it('is read by the integration alone; people who signed in and services are refused', async () => {
    const reader = await overTcp(sandbox, 'integration', sandbox.token, 'integration-one');
    const inbox = new MqttInbox(reader);
    await reader.subscribeAsync(everything(), { qos: 1 });

    const [alice, bob] = [await signIn(sandbox.info, 'alice'), await signIn(sandbox.info, 'bob')];
    await alice.provision();
    await bob.provision();
    const others: [string, MqttClient][] = [
      ['alice', await alice.connect('one')],
      ['bob', await bob.connect('one')],
    ];
    for (const service of ['publisher', 'engine'])
      others.push([
        service,
        await overTcp(sandbox, service, sandbox.access.mqttPassword, `stepcast-publisher-${service}`),
      ]);
    open.push(...others.map(([, client]) => client));
    const spies = others.map(([, client]) => new MqttInbox(client));
    for (const [name, client] of others)
      for (const filter of filters())
        expect([name, filter, await granted(client, filter)]).toEqual([name, filter, false]);

    // Beside each refusal: what the reader gets, of the same upload.
    const key = `users/${alice.identityId}/feed.jpg`;
    await alice.s3.send(
      new PutObjectCommand({ Bucket: sandbox.info.bucket, Key: key, Body: await paintedPhoto(320, 240) }),
    );
    await inbox.waitFor(() => inbox.all.find(({ text }) => text.includes('"executionSucceeded"')));
    const messages = inbox.all.map(({ text }) => CorrelationMessage.parse(JSON.parse(text)));
    expect(messages.map(({ data }) => [data.kind, data.identityId, data.key, data.proofs])).toEqual([
      ['uploaded', alice.identityId, key, ['keyPrefix']],
      ['executionStarted', alice.identityId, key, ['managedStart', 'keyPrefix']],
      ['executionSucceeded', alice.identityId, key, ['managedStart', 'keyPrefix']],
    ]);
    const printed = inbox.all.map(({ topic, text }) => `${topic} ${text}`).join('\n');
    expect((await checkPrinted(printed)).problems).toEqual([]);
    for (const { topic } of inbox.all)
      expect(topicSpace(namespace()).parse(topic)).toMatchObject({ kind: 'correlation' });
    for (const spy of spies) expect(spy.all.filter(({ topic }) => topic.includes('integration'))).toEqual([]);
  });

  it('lets its reader read nothing else, publish nothing, and come under no other name or password', async () => {
    const reader = await overTcp(sandbox, 'integration', sandbox.token, 'integration-two');
    const { identityId } = await signIn(sandbox.info, 'alice');
    for (const filter of [
      `${namespace()}/${identityId}/#`,
      `${namespace()}/#`,
      '#',
      `${namespace()}/+/requests/+`,
    ])
      expect([filter, await granted(reader, filter)]).toEqual([filter, false]);
    await expect(reader.publishAsync(`${namespace()}/integration/x`, 'x', { qos: 1 })).rejects.toThrow();
    await expect(overTcp(sandbox, 'integration', 'wrong', 'integration-three')).rejects.toThrow();
    await expect(
      overTcp(sandbox, 'integration', sandbox.access.mqttPassword, 'integration-3'),
    ).rejects.toThrow();
    await expect(overTcp(sandbox, 'integration', sandbox.token, `${identityId}-x`)).rejects.toThrow();
  });

  it('is not there unless it is asked for', async () => {
    const plain = await startTestSandbox();
    try {
      await expect(overTcp(plain, 'integration', plain.token, 'integration-one')).rejects.toThrow();
      const engine = plain.access.policies.services.engine.document;
      expect(JSON.stringify(engine)).not.toContain('events:PutEvents');
    } finally {
      await plain.stop({ force: true });
    }
  });
});
