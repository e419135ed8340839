import { CreateMultipartUploadCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { uploadIdOf, type UploadId } from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import type { IClientOptions, MqttClient } from 'mqtt';
import { MqttInbox } from '../support/mqtt-inbox.ts';
import { presign, signIn, type Keys, type Person } from '../support/person.ts';
import { startTestSandbox } from '../support/sandbox.ts';
import { guestActor } from '../integration/isolation/actors.ts';
import { Judge } from './judge.ts';
import type { Dice } from './random.ts';

/** What everything holds that attackers send. */
export const MARK = 'forged-by-the-attacker';

/** One whose uploads go on all the time, and who must neither lose nor share anything. */
export interface Victim {
  readonly identityId: string;
  readonly clientId: string;
  /** Begin of all topics, without a slash at the end. */
  readonly topics: string;
  readonly prefix: string;
  /** A finished object. */
  readonly key: string;
  readonly uploadId: UploadId;
  /** A multipart upload that is open. */
  readonly openUploadId: string;
  readonly secret: string;
  readonly inbox: MqttInbox;
  readonly client: MqttClient;
  /** Times that the connection was lost. */
  readonly losses: () => number;
  /** Uploads another file and waits until its execution has ended. */
  uploadAndWatch(): Promise<void>;
  /** The content of the finished object, to see whether it is still the same. */
  read(): Promise<string>;
}

/** What a trick works with: one attacker with valid credentials of the same pools. */
export interface Attack {
  readonly sandbox: Sandbox;
  readonly victim: Victim;
  readonly attacker: { readonly identityId: string; readonly topics: string; readonly prefix: string } & Pick<
    Person,
    's3' | 'keys' | 'idToken'
  >;
  /** Credentials of a guest. */
  readonly guestKeys: Keys;
  readonly judge: Judge;
  readonly dice: Dice;
  /** A connection of the attacker that is watched. Rejects when it is refused. */
  connect(options?: Partial<IClientOptions>): Promise<MqttClient>;
  /** One that is used again as long as the broker leaves it open. */
  connection(): Promise<MqttClient>;
}

export interface AttackWorld {
  readonly attack: Attack;
  readonly close: () => Promise<void>;
}

const secret = (dice: Dice) => `secret-${dice.int(1e9).toString(36)}-of-alice`;

async function victimIn(sandbox: Sandbox, dice: Dice): Promise<Victim> {
  const alice = await signIn(sandbox.info, 'alice');
  await alice.provision();
  const clientId = `${alice.identityId}-tab`;
  const client = await alice.connect('tab');
  const topics = `${sandbox.info.topicNamespace}/${alice.identityId}`;
  const inbox = new MqttInbox(client);
  await client.subscribeAsync(`${topics}/#`, { qos: 1 });
  let losses = 0;
  client.on('close', () => (losses += 1));
  const { bucket } = sandbox.info;
  const name = secret(dice);
  const prefix = `users/${alice.identityId}/`;
  const put = (key: string) =>
    alice.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: `the content of ${name}` }));
  let uploads = 0;
  async function uploadAndWatch(): Promise<void> {
    uploads += 1;
    const key = `${prefix}${name}-${uploads}.txt`;
    await put(key);
    const state = `${topics}/uploads/${uploadIdOf(bucket, key)}/state`;
    await inbox.waitFor(() =>
      inbox.all.find(({ topic, text }) => topic === state && text.includes('"status":"failed"')),
    );
  }
  await uploadAndWatch();
  const key = `${prefix}${name}-1.txt`;
  const open = await alice.s3.send(
    new CreateMultipartUploadCommand({ Bucket: bucket, Key: `${prefix}${name}-open.bin` }),
  );
  return {
    identityId: alice.identityId,
    clientId,
    topics,
    prefix,
    key,
    uploadId: uploadIdOf(bucket, key),
    openUploadId: open.UploadId ?? '',
    secret: name,
    inbox,
    client,
    losses: () => losses,
    uploadAndWatch,
    async read() {
      const { Body } = await alice.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return (await Body?.transformToString()) ?? '';
    },
  };
}

export async function openAttack(dice: Dice): Promise<AttackWorld> {
  const sandbox = await startTestSandbox({ argv: ['--guests'], environment: { MQTT_PORT: '0' } });
  const victim = await victimIn(sandbox, dice);
  const judge = new Judge({ topic: victim.topics, texts: [victim.secret] }, MARK);
  judge.watchVictim(victim.client);
  const bob = await signIn(sandbox.info, 'bob');
  await bob.provision();
  const guest = await guestActor(sandbox, 'guest');
  const { keys: guestKeys } = guest;
  let sessions = 0;
  async function connect(options: Partial<IClientOptions> = {}): Promise<MqttClient> {
    sessions += 1;
    const client = await bob.connect(`s${sessions}`, { connectTimeout: 3_000, ...options });
    client.on('error', () => undefined);
    judge.watchAttacker(client);
    return client;
  }
  let open: MqttClient | undefined;
  async function connection(): Promise<MqttClient> {
    if (open?.connected !== true) open = await connect();
    return open;
  }
  return {
    attack: {
      sandbox,
      victim,
      attacker: {
        identityId: bob.identityId,
        topics: `${sandbox.info.topicNamespace}/${bob.identityId}`,
        prefix: `users/${bob.identityId}/`,
        s3: bob.s3,
        keys: bob.keys,
        idToken: bob.idToken,
      },
      guestKeys,
      judge,
      dice,
      connect,
      connection,
    },
    async close() {
      await Promise.allSettled([open?.endAsync(true), victim.client.endAsync(true)]);
      await sandbox.stop({ force: true });
    },
  };
}

/** The presigned URL of the broker for these keys. */
export function mqttUrl({ sandbox }: Attack, keys: Keys): Promise<string> {
  return presign(sandbox.info.endpoints.mqttWss, sandbox.info.region, keys);
}
