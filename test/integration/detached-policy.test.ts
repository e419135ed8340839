import { DetachPolicyCommand, ListTargetsForPolicyCommand } from '@aws-sdk/client-iot';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { IdentityId } from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import type { ConnectionState, ProgressClient } from '@stepcast/web';
import { clientOf } from '../chaos/sandbox-client.ts';
import { startTestSandbox } from '../support/sandbox.ts';
import { signIn, type Person } from '../support/person.ts';
import { operator, type Operator } from './isolation/actors.ts';

let sandbox: Sandbox;
let root: Operator;
let client: ProgressClient;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  root = operator(sandbox);
});
afterEach(async () => {
  await client.close();
});
afterAll(async () => {
  await sandbox.stop();
});

const policy = () => ({ policyName: sandbox.info.iotPolicyName });
const targets = async () => (await root.iot.send(new ListTargetsForPolicyCommand(policy()))).targets ?? [];

/** A web client that is live, and every state of its connection from then on. */
async function liveClient(person: Person): Promise<readonly ConnectionState[]> {
  client = clientOf(sandbox, person, { backoff: { baseMs: 500 } });
  client.connect();
  await client.whenLive();
  const states: ConnectionState[] = [];
  client.on('connection', (state) => states.push(state));
  return states;
}

/** Resolves with the first state of which this is true, from now on. */
function state(is: (state: ConnectionState) => boolean): Promise<ConnectionState> {
  return new Promise((resolve) => {
    const stop = client.on('connection', (next) => {
      if (!is(next)) return;
      stop();
      resolve(next);
    });
  });
}

describe('an identity whose policy is detached', () => {
  it('is not answered `ready` and then refused for 15 minutes: it is live again within seconds', async () => {
    const alice = await signIn(sandbox.info, 'alice');
    const states = await liveClient(alice);
    await expect(targets()).resolves.toEqual([alice.identityId]);
    await root.iot.send(new DetachPolicyCommand({ ...policy(), target: alice.identityId }));

    const down = state(({ status }) => status === 'disconnected');
    expect(sandbox.emulation.broker.disconnect(alice.identityId)).toBe(1);
    await down;
    const atMs = Date.now();
    expect((await state(({ status }) => status === 'live' || status === 'failed')).status).toBe('live');
    // The provisioner remembers attachments for 15 minutes. It is live after a few seconds, on a busy machine after more.
    expect(Date.now() - atMs).toBeLessThan(120_000);
    expect(states.map(({ reason }) => reason)).toContain('refreshingAuthorization');
    expect(states.map(({ status }) => status)).not.toContain('failed');
    await expect(targets()).resolves.toEqual([alice.identityId]);
  });

  it('keeps a watch that begins while the connection is open', async () => {
    const bob = await signIn(sandbox.info, 'bob');
    await liveClient(bob);
    await root.iot.send(new DetachPolicyCommand({ ...policy(), target: bob.identityId }));
    const identityId = IdentityId.parse(bob.identityId);
    const watch = client.watch({ bucket: sandbox.info.bucket, key: `users/${identityId}/photo.png` });
    const synced = new Promise((resolve) => {
      watch.on('synced', () => resolve('synced'));
    });
    await expect(
      Promise.race([
        synced,
        watch.done.then(
          () => 'done',
          (thrown: unknown) => thrown,
        ),
      ]),
    ).resolves.toBe('synced');
    await expect(targets()).resolves.toContain(bob.identityId);
  });
});
