import { connectAsync, type IClientOptions } from 'mqtt';
import WebSocket from 'ws';
import { MARK, mqttUrl, type Attack } from '../world.ts';
import { outcomeOf, type Trick } from './trick.ts';

/** Connects and, should it be let in, waits a moment for what it gets. */
async function connects(attack: Attack, url: string, options: Partial<IClientOptions>): Promise<void> {
  const client = await connectAsync(
    url,
    { protocolVersion: 5, reconnectPeriod: 0, connectTimeout: 3_000, ...options },
    false,
  );
  client.on('error', () => undefined);
  attack.judge.watchAttacker(client);
  await client.endAsync(true);
}

/** The presigned URL with one thing changed, so that it is another's, older, or for something else. */
async function changedUrl(attack: Attack): Promise<string> {
  const { dice, guestKeys, attacker } = attack;
  const url = await mqttUrl(attack, attacker.keys);
  const swap = (name: string, value: string) => {
    const changed = new URL(url);
    changed.searchParams.set(name, value);
    return changed.href;
  };
  return dice.pick<() => string>([
    () => swap('X-Amz-Security-Token', guestKeys.sessionToken),
    () => url.replace(/&X-Amz-Security-Token=.*$/, ''),
    () => url.replace(attacker.keys.accessKeyId, guestKeys.accessKeyId),
    () => swap('X-Amz-Date', '20200101T000000Z'),
    () => swap('X-Amz-Expires', '604800'),
    () => swap('X-Amz-Signature', '0'.repeat(64)),
    () => url.replace('us-east-1', 'us-west-2'),
    () => url.replace('iotdevicegateway', 's3'),
    () => `${url}&X-Amz-Date=20300101T000000Z`,
    () => url.replace('/mqtt?', '/mqtt/../mqtt?x=1&'),
    () => url.replace(/\?.*$/, ''),
  ])();
}

/** Bytes that are nearly MQTT. */
function bytes({ dice }: Attack): Buffer {
  const connect = Buffer.from('101000044d5154540502003c000000037831', 'hex');
  const noise = Buffer.from(Array.from({ length: 1 + dice.int(64) }, () => dice.int(256)));
  if (dice.int(2) === 0) return noise;
  const mixed = Buffer.concat([connect, noise]);
  mixed[dice.int(mixed.length)] = dice.int(256);
  return mixed;
}

async function sendsBytes(attack: Attack): Promise<string> {
  const socket = new WebSocket(await mqttUrl(attack, attack.attacker.keys), 'mqtt');
  const { promise, resolve } = Promise.withResolvers<string>();
  let received = '';
  socket.on('message', (data: Buffer) => (received += data.toString('latin1')));
  socket.on('error', () => undefined);
  socket.on('close', () => resolve(received));
  socket.on('open', () => {
    socket.send(bytes(attack));
    socket.close();
  });
  return promise;
}

export const connectTricks: readonly Trick[] = [
  {
    name: 'take over the client ID of others',
    async attempt(attack) {
      const { victim, attacker, dice } = attack;
      const clientId = dice.pick([
        victim.clientId,
        victim.identityId,
        `${victim.identityId}-${MARK}`,
        `${attacker.identityId}-\0${victim.clientId}`,
        `${victim.clientId}\0`,
        `*`,
        'engine',
        'publisher',
        '__proto__',
      ]);
      const url = await mqttUrl(attack, attacker.keys);
      return outcomeOf(connects(attack, url, { clientId }), 'breach');
    },
  },
  {
    name: 'connect with a changed presigned URL',
    async attempt(attack) {
      const clientId = `${attack.attacker.identityId}-u${attack.dice.int(1_000)}`;
      return outcomeOf(connects(attack, await changedUrl(attack), { clientId }), 'breach');
    },
  },
  {
    name: 'connect as a guest under a name of others',
    async attempt(attack) {
      const clientId = attack.dice.pick([attack.victim.clientId, `${attack.attacker.identityId}-x`, 'guest']);
      return outcomeOf(connects(attack, await mqttUrl(attack, attack.guestKeys), { clientId }), 'breach');
    },
  },
  {
    name: 'leave a will for topics of others',
    async attempt(attack) {
      const { victim, dice } = attack;
      const topic = dice.pick([
        `${victim.topics}/overview`,
        `${victim.topics}/uploads/${victim.uploadId}/state`,
        `${victim.topics}/uploads/${victim.uploadId}/events`,
        `${victim.topics}/replies/tab`,
      ]);
      const will = {
        topic,
        payload: Buffer.from(MARK),
        qos: dice.pick([0, 1] as const),
        retain: dice.int(2) === 0,
      };
      try {
        const client = await attack.connect({ will });
        // Cut without a farewell: now the will would be published. Whether it arrives is the judge's to see.
        client.stream.destroy();
        return 'harmless';
      } catch {
        return 'refused';
      }
    },
  },
  {
    name: 'send bytes that are nearly MQTT',
    attempt: async (attack) => attack.judge.checkAnswer('bytes', await sendsBytes(attack)),
  },
];
