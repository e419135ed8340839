import { CreateMultipartUploadCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  IdentityId,
  isTerminal,
  OverviewMessage,
  ProgressMessage,
  StateMessage,
  topicSpace,
  uploadIdOf,
} from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import type { MqttClient } from 'mqtt';
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { MqttInbox } from '../support/mqtt-inbox.ts';
import { signIn, type Person } from '../support/person.ts';
import { startTestSandbox } from '../support/sandbox.ts';

/** A valid PNG of one colour, made by hand so that the test leans on no image library. */
function png(width: number, height: number): Buffer {
  const crcTable = Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
  const crc = (data: Buffer) =>
    (data.reduce((c, byte) => (crcTable[(c ^ byte) & 0xff] ?? 0) ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(data.length);
    const tail = Buffer.alloc(4);
    tail.writeUInt32BE(crc(body));
    return Buffer.concat([head, body, tail]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, 0x5a)]);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(Array.from({ length: height }, () => row)))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

let sandbox: Sandbox;
const open: MqttClient[] = [];

async function connect(person: Person, session: string): Promise<{ client: MqttClient; inbox: MqttInbox }> {
  const client = await person.connect(session);
  open.push(client);
  return { client, inbox: new MqttInbox(client) };
}

beforeAll(async () => {
  sandbox = await startTestSandbox();
});

afterAll(async () => {
  for (const client of open) client.end(true);
  await sandbox.stop();
});

const topics = () => topicSpace(sandbox.info.topicNamespace);

function topicsOf(person: Person, key: string) {
  const identityId = IdentityId.parse(person.identityId);
  const uploadId = uploadIdOf(sandbox.info.bucket, key);
  return {
    events: topics().build({ kind: 'events', identityId, uploadId }),
    state: topics().build({ kind: 'state', identityId, uploadId }),
    overview: topics().build({ kind: 'overview', identityId }),
  };
}

/** Follows one upload to its end and gives what came. */
async function follow(inbox: MqttInbox, own: ReturnType<typeof topicsOf>) {
  const last = await inbox.waitFor(
    () => inbox.read(own.state, StateMessage).find((message) => isTerminal(message.data.status)),
    45_000,
  );
  const events = inbox.read(own.events, ProgressMessage).flatMap((message) => message.data.events);
  return { last, events };
}

describe('a script of stock AWS SDK and MQTT clients', () => {
  it('signs in, is refused before provisioning, provisions, uploads, and gets gap-free offsets to the end', async () => {
    const alice = await signIn(sandbox.info, 'alice');
    await expect(alice.connect('early')).rejects.toThrow(/[Nn]ot authorized/);

    await expect(alice.provision()).resolves.toMatchObject({
      status: 200,
      body: { status: 'ready', identityId: alice.identityId },
    });
    const { client, inbox } = await connect(alice, 'one');
    const key = `users/${alice.identityId}/holiday photo+1 #2 ü.png`;
    const own = topicsOf(alice, key);
    await client.subscribeAsync([own.events, own.state, own.overview], { qos: 1 });
    await alice.s3.send(
      new PutObjectCommand({
        Bucket: sandbox.info.bucket,
        Key: key,
        Body: png(320, 240),
        ContentType: 'image/png',
      }),
    );

    const { last, events } = await follow(inbox, own);
    expect(events.map((event) => event.offset)).toEqual(events.map((_event, index) => index + 1));
    expect(events[0]).toMatchObject({ offset: 1, kind: 'uploaded' });
    expect(events[1]).toMatchObject({ offset: 2, kind: 'executionStarted' });
    expect(events.at(-1)).toMatchObject({ kind: 'executionSucceeded' });
    expect(last.data).toMatchObject({
      status: 'succeeded',
      percent: 100,
      key,
      position: { offset: events.length },
    });
    expect(last.subject).toBe(`s3://${sandbox.info.bucket}/${key}`);
    await inbox.waitFor(() =>
      inbox
        .read(own.overview, OverviewMessage)
        .find((message) => message.data.uploads[0]?.status === 'succeeded'),
    );
    // Nothing of inputs and outputs: the requester's address is in the event that started the execution.
    expect(inbox.all.map((message) => message.text).join()).not.toMatch(/127\.0\.0\.1|request-id|"etag"/);
  });

  it('finds the state again on a new connection, as a retained message on the exact topic only', async () => {
    const alice = await signIn(sandbox.info, 'alice');
    await alice.provision();
    const key = `users/${alice.identityId}/holiday photo+1 #2 ü.png`;
    const own = topicsOf(alice, key);
    const exact = await connect(alice, 'two');
    const wildcard = await connect(alice, 'three');
    await wildcard.client.subscribeAsync(`${sandbox.info.topicNamespace}/${alice.identityId}/#`, { qos: 1 });
    await exact.client.subscribeAsync(own.state, { qos: 1 });
    const [state] = [await exact.inbox.waitFor(() => exact.inbox.read(own.state, StateMessage)[0])];
    expect(state).toMatchObject({ data: { status: 'succeeded' } });
    expect(exact.inbox.all[0]?.retain).toBe(true);
    expect(wildcard.inbox.all).toEqual([]);
  });

  it('fails cleanly for a file that is no image, by multipart upload too', async () => {
    const alice = await signIn(sandbox.info, 'alice');
    await alice.provision();
    const { client, inbox } = await connect(alice, 'four');
    const key = `users/${alice.identityId}/notes.txt`;
    const own = topicsOf(alice, key);
    await client.subscribeAsync([own.events, own.state], { qos: 1 });
    const body = Buffer.alloc(11 * 1024 * 1024, 'no image. ');
    await new Upload({
      client: alice.s3,
      params: { Bucket: sandbox.info.bucket, Key: key, Body: body },
    }).done();
    const { last, events } = await follow(inbox, own);
    expect(last.data).toMatchObject({ status: 'failed', error: { name: 'NotAnImage' } });
    expect(events.filter((event) => event.kind === 'executionStarted')).toHaveLength(1);
  });

  it('gets nothing of anybody else, and is refused whatever it asks of them', async () => {
    const [alice, bob] = [await signIn(sandbox.info, 'alice'), await signIn(sandbox.info, 'bob')];
    expect(bob.identityId).not.toBe(alice.identityId);
    await alice.provision();
    await bob.provision();
    const key = `users/${alice.identityId}/private.png`;
    const foreign = topicsOf(alice, key);
    const spy = await connect(bob, 'spy');
    for (const filter of [
      foreign.events,
      foreign.state,
      `${sandbox.info.topicNamespace}/${alice.identityId}/#`,
      `${sandbox.info.topicNamespace}/+/uploads/+/events`,
      '#',
    ]) {
      const granted = await spy.client
        .subscribeAsync(filter, { qos: 1 })
        .catch((refused: unknown) => refused);
      expect(granted).toBeInstanceOf(Error);
    }
    await expect(bob.connect('x', { clientId: `${alice.identityId}-evil` })).rejects.toThrow(
      /[Nn]ot authorized/,
    );
    await expect(
      bob.s3.send(new PutObjectCommand({ Bucket: sandbox.info.bucket, Key: key, Body: 'x' })),
    ).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(
      bob.s3.send(new CreateMultipartUploadCommand({ Bucket: sandbox.info.bucket, Key: key })),
    ).rejects.toMatchObject({ name: 'AccessDenied' });

    // Beside each refusal: what alice is allowed, and that it happened.
    const owner = await connect(alice, 'owner');
    await owner.client.subscribeAsync([foreign.events, foreign.state], { qos: 1 });
    await alice.s3.send(new PutObjectCommand({ Bucket: sandbox.info.bucket, Key: key, Body: png(16, 16) }));
    const { events } = await follow(owner.inbox, foreign);
    expect(events.length).toBeGreaterThan(3);
    expect(spy.inbox.all).toEqual([]);
  });

  it('names the mistake when the user-pool sub stands where the identity ID belongs', async () => {
    const alice = await signIn(sandbox.info, 'alice');
    const claims: unknown = JSON.parse(
      Buffer.from(alice.idToken.split('.')[1] ?? '', 'base64url').toString(),
    );
    const sub = claims !== null && typeof claims === 'object' && 'sub' in claims ? String(claims.sub) : '';
    const denied = alice.s3.send(
      new PutObjectCommand({ Bucket: sandbox.info.bucket, Key: `users/${sub}/a.png`, Body: 'x' }),
    );
    await expect(denied).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('explicit deny'),
    });
  });

  it('refuses expired and forged signatures of the WebSocket', async () => {
    const alice = await signIn(sandbox.info, 'alice');
    await alice.provision();
    const forged: Person = await signIn(sandbox.info, 'alice');
    Object.assign(forged.keys, { secretAccessKey: createHash('sha1').update('no').digest('base64') });
    await expect(forged.connect('forged')).rejects.toThrow();
    const { client } = await connect(alice, 'good');
    expect(client.connected).toBe(true);
  });
});
