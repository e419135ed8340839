import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import mqtt from 'mqtt';
import { WebSocket } from 'ws';
import { alice, bob, openWorld, presign, type World } from './testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** Upgrades and gives the HTTP status: 101, or what the refusal says. */
function statusOf(pathAndQuery: string, protocols: string[] = ['mqtt']): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${world.wsUrl}${pathAndQuery}`, protocols);
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', reject);
  });
}
const at = (change = {}) => ({ host: '127.0.0.1', nowMs: world.now(), ...change });

describe('the presigned URL of a WebSocket', () => {
  it('opens when signed for the host without its port, or with it', async () => {
    expect(await statusOf(await presign(world.issue(alice), at()))).toBe(101);
    expect(await statusOf(await presign(world.issue(alice), at({ host: new URL(world.wsUrl).host })))).toBe(
      101,
    );
  });

  it('carries a whole MQTT connection', async () => {
    const query = await presign(world.issue(alice), at());
    const client = await mqtt.connectAsync(`${world.wsUrl}${query}`, { clientId: `${alice}-1` }, false);
    expect(client.connected).toBe(true);
    await client.endAsync();
  });

  it('is refused when the session token was signed along, as generic presigners do', async () => {
    expect(await statusOf(await presign(world.issue(alice), at({ signToken: true })))).toBe(403);
  });

  it('is refused with any part changed', async () => {
    const good = await presign(world.issue(alice), at());
    expect(await statusOf(good)).toBe(101);
    const other = world.issue(bob);
    const key = /X-Amz-Credential=(ASIA[A-Z2-7]+)/.exec(good)?.[1] ?? '';
    const tampered = {
      'no query at all': '/mqtt',
      'no signature': good.replace(/&X-Amz-Signature=[0-9a-f]+/, ''),
      'another signature': good.replace(/(X-Amz-Signature=)[0-9a-f]{8}/, '$1deadbeef'),
      'no session token': good.replace(/&X-Amz-Security-Token=.*$/, ''),
      "somebody else's session token": good.replace(
        /(X-Amz-Security-Token=).*$/,
        `$1${encodeURIComponent(other.sessionToken ?? '')}`,
      ),
      'the session token twice': `${good}&X-Amz-Security-Token=x`,
      "somebody else's key": good.replace(key, other.accessKeyId),
      'an unknown key': good.replace(key, 'ASIAAAAAAAAAAAAAAAAA'),
      'a longer life': good.replace('X-Amz-Expires=900', 'X-Amz-Expires=901'),
      'another date': good.replace(/(X-Amz-Date=\d{8}T)\d{6}/, '$1000000'),
      'another region': good.replace('us-east-1', 'eu-west-1'),
      'another service': good.replace('iotdevicegateway', 'iotdata'),
      'a parameter more': `${good}&x=1`,
      'another algorithm': good.replace('AWS4-HMAC-SHA256', 'AWS4-HMAC-SHA1'),
      'no signed headers': good.replace('X-Amz-SignedHeaders=host', 'X-Amz-SignedHeaders='),
      'broken percent-encoding': `${good}%zz`,
    };
    const statuses: Record<string, number> = {};
    for (const [name, url] of Object.entries(tampered)) statuses[name] = await statusOf(url);
    expect(statuses).toEqual(Object.fromEntries(Object.keys(tampered).map((name) => [name, 403])));
  });

  it('is refused when signed properly for something else', async () => {
    const sign = (scope: object, change = {}) => presign(world.issue(alice), at(change), scope);
    expect(await statusOf(await sign({ service: 'iotdata' }))).toBe(403);
    expect(await statusOf(await sign({ region: 'eu-west-1' }))).toBe(403);
    expect(await statusOf(await sign({}, { host: 'example.com' }))).toBe(403);
    expect(await statusOf((await sign({ path: '/other' })).replace('/other', '/mqtt'))).toBe(403);
  });

  it('is refused once it, or its credentials, have expired', async () => {
    const nowMs = world.now();
    expect(await statusOf(await presign(world.issue(alice), at({ nowMs: nowMs - 290_000 })))).toBe(101);
    expect(await statusOf(await presign(world.issue(alice), at({ nowMs: nowMs - 302_000 })))).toBe(403);
    expect(await statusOf(await presign(world.issue(alice), at({ nowMs: nowMs + 3_600_000 })))).toBe(403);
    const credential = world.issue(alice, 60_000);
    expect(await statusOf(await presign(credential, at()))).toBe(101);
    world.passMs(60_000);
    expect(await statusOf(await presign(credential, at()))).toBe(403);
  });

  it('is asked for at /mqtt only, with the subprotocol mqtt only', async () => {
    const elsewhere = await presign(world.issue(alice), at(), { path: '/elsewhere' });
    expect(await statusOf(elsewhere)).toBe(404);
    const good = await presign(world.issue(alice), at());
    expect(await statusOf(good, [])).toBe(400);
    expect(await statusOf(good, ['graphql-ws'])).toBe(400);
    expect(await statusOf(good, ['mqttv3.1'])).toBe(101);
  });
});
