import { PutObjectCommand } from '@aws-sdk/client-s3';
import { DetachPolicyCommand } from '@aws-sdk/client-iot';
import { afterEach, describe, expect, it } from 'vitest';
import {
  CatchUpReplyMessage,
  MESSAGE_TYPES,
  SessionId,
  StateMessage,
  topicSpace,
  uploadIdOf,
  type CatchUpReply,
  type UploadId,
} from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import type { IDisconnectPacket, MqttClient } from 'mqtt';
import { operator, signedInActor, type LiveActor } from './actors.ts';
import { MqttInbox } from '../../support/mqtt-inbox.ts';
import { startTestSandbox } from '../../support/sandbox.ts';

let sandbox: Sandbox | undefined;
afterEach(async () => {
  await sandbox?.stop();
  sandbox = undefined;
});

const session = SessionId.parse('tab');

/** An actor with its policy, connected and listening to everything of its own. */
async function listening(running: Sandbox, name: string) {
  const actor = await signedInActor(running, name);
  await actor.provision();
  const client = await actor.connect(`${actor.identityId}-${session}`);
  const inbox = new MqttInbox(client);
  const own = `${running.info.topicNamespace}/${actor.identityId}`;
  await client.subscribeAsync(`${own}/#`, { qos: 1 });
  return { actor, client, inbox, own };
}

/** Asks for catch-up on one's own topic, and waits for the whole answer. */
async function catchUp(
  { actor, client, inbox, own }: Awaited<ReturnType<typeof listening>>,
  uploadId: UploadId,
): Promise<CatchUpReply['items']> {
  await client.publishAsync(
    `${own}/requests/${session}`,
    JSON.stringify({
      specversion: '1.0',
      id: `request-of-${actor.name}`,
      type: MESSAGE_TYPES.catchUpRequest,
      time: new Date().toISOString(),
      source: 'isolation-test',
      datacontenttype: 'application/json',
      data: { requestId: `of-${actor.name}`, uploads: [{ uploadId, position: null }], overview: true },
    }),
    { qos: 1 },
  );
  return inbox.waitFor(() => {
    const pages = inbox.read(`${own}/replies/${session}`, CatchUpReplyMessage);
    return pages.some(({ data }) => data.last) ? pages.flatMap(({ data }) => data.items) : undefined;
  });
}

async function upload(running: Sandbox, actor: LiveActor): Promise<UploadId> {
  const Key = `users/${actor.identityId}/notes.txt`;
  await actor.s3.send(new PutObjectCommand({ Bucket: running.info.bucket, Key, Body: 'one two three' }));
  return uploadIdOf(running.info.bucket, Key);
}

/** Resolves when the connection is over, with the reason that the broker gave. */
function ended(client: MqttClient): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  let reason: number | undefined;
  client.on('disconnect', (packet: IDisconnectPacket) => {
    reason = packet.reasonCode;
  });
  client.once('close', () => resolve(reason));
  return promise;
}

describe('catch-up', () => {
  it('answers with one’s own uploads, and knows nothing of the same upload for anybody else', async () => {
    sandbox = await startTestSandbox();
    const [alice, bob] = await Promise.all([listening(sandbox, 'alice'), listening(sandbox, 'bob')]);
    const uploadId = await upload(sandbox, alice.actor);
    const stateTopic = topicSpace(sandbox.info.topicNamespace).build({
      kind: 'state',
      identityId: alice.actor.identityId,
      uploadId,
    });
    await alice.inbox.waitFor(() => alice.inbox.read(stateTopic, StateMessage)[0]);

    const hers = await catchUp(alice, uploadId);
    expect(hers.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['state', 'events']));
    await expect(catchUp(bob, uploadId)).resolves.toEqual([
      { kind: 'discontinuity', uploadId, reason: 'unknownUpload' },
    ]);
    // Nothing that Bob was sent since he is here, retained or not, speaks of her.
    expect(bob.inbox.all.filter(({ topic }) => !topic.startsWith(`${bob.own}/`))).toEqual([]);
    expect(bob.inbox.all.filter(({ text }) => text.includes(alice.actor.identityId))).toEqual([]);
    await Promise.all([alice.client.endAsync(), bob.client.endAsync()]);
  });
});

describe('rights that end', () => {
  it('a detached policy ends what is open: nothing more is delivered, and nobody comes back', async () => {
    sandbox = await startTestSandbox();
    const root = operator(sandbox);
    const [alice, bob] = await Promise.all([listening(sandbox, 'alice'), listening(sandbox, 'bob')]);
    const mouth = await root.connect('operator-mouth');
    const tell = async (own: string, text: string) => {
      await mouth.publishAsync(`${own}/overview`, text, { qos: 1 });
    };
    const heard = (inbox: MqttInbox, text: string) =>
      inbox.waitFor(() => inbox.all.find((message) => message.text === text));

    await tell(alice.own, 'before');
    await heard(alice.inbox, 'before');
    await root.iot.send(
      new DetachPolicyCommand({
        policyName: sandbox.info.iotPolicyName,
        target: alice.actor.identityId,
      }),
    );
    const withheld = sandbox.emulation.broker.stats().withheld;
    await tell(alice.own, 'after');
    // Bob's message was published later: when he has it, Alice's has gone its way.
    await tell(bob.own, 'fence');
    await heard(bob.inbox, 'fence');
    expect(sandbox.emulation.broker.stats().withheld).toBe(withheld + 1);
    expect(alice.inbox.all.map(({ text }) => text)).not.toContain('after');
    await expect(alice.actor.connect(`${alice.actor.identityId}-again`)).rejects.toThrow(/not authorized/i);
    const again = await bob.actor.connect(`${bob.actor.identityId}-again`);
    await Promise.all([again, mouth, alice.client, bob.client].map((client) => client.endAsync()));
  });

  it('expired credentials are refused for everything new, and close what they had opened', async () => {
    sandbox = await startTestSandbox({ environment: { STEPCAST_SANDBOX_CREDENTIAL_SECONDS: '6' } });
    const early = await listening(sandbox, 'alice');
    // Observed from here on: on a slow machine the upload may take longer than the connection lasts.
    const end = ended(early.client);
    await upload(sandbox, early.actor);
    // 0xA0: maximum connect time.
    await expect(end).resolves.toBe(0xa0);
    // The client sees only that the upgrade was refused; that it was the signature, the broker counts.
    await expect(early.actor.connect(`${early.actor.identityId}-late`)).rejects.toThrow();
    expect(sandbox.emulation.broker.stats().refusedUpgrades).toBe(1);
    await expect(upload(sandbox, early.actor)).rejects.toMatchObject({ name: 'ExpiredToken' });

    // The same person with fresh credentials is let in again: it was the credentials that had ended.
    const late = await listening(sandbox, 'alice');
    expect(late.actor.identityId).toBe(early.actor.identityId);
    await upload(sandbox, late.actor);
    await late.client.endAsync();
  });
});
