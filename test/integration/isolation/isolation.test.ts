import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { GuestAccess, parseJson } from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import { join } from 'node:path';
import { guestActor, operator, signedInActor, type LiveActor, type Operator } from './actors.ts';
import { isProof, judge } from './judge.ts';
import { reportFigure } from '../../support/figures.ts';
import { offlineModel, playMatrix, principalOf, type Stage } from './matrix.ts';
import { openChannels } from './signaling.ts';
import type { Actor, Attempt, Scene } from './table.ts';
import { startTestSandbox } from '../../support/sandbox.ts';

/** A guest is somebody without a login: as many as one likes. The sandbox has two users. */
const GUESTS = ['guest-one', 'guest-two', 'guest-three'];

let sandbox: Sandbox;
let root: Operator;
let scene: Scene;
let alice: LiveActor & { provision(): Promise<number> };
let bob: LiveActor & { provision(): Promise<number> };
let guests: LiveActor[];

beforeAll(async () => {
  // Every upload starts the workflow; this one is over in no time.
  const example = (name: string) => join(import.meta.dirname, '../../../services/sandbox/examples', name);
  sandbox = await startTestSandbox({
    argv: [
      '--guests',
      '--definition',
      example('word-count.asl.json'),
      '--handlers',
      example('word-count-handlers.mjs'),
    ],
  });
  root = operator(sandbox);
  [alice, bob] = await Promise.all([signedInActor(sandbox, 'alice'), signedInActor(sandbox, 'bob')]);
  guests = await Promise.all(GUESTS.map((name) => guestActor(sandbox, name)));
  scene = { ...sandbox.info, channels: await openChannels(root, [alice, bob, ...guests]) };
});
afterAll(async () => {
  await sandbox.stop();
});
afterEach(() => {
  vi.restoreAllMocks();
});

function roleNameOf({ authenticated, signalingPart }: Actor): string {
  const { policies } = sandbox.access;
  const byPart = {
    speaker: policies.speaker,
    listener: policies.listener,
    none: policies.authenticated,
  };
  return (authenticated ? byPart[signalingPart] : policies.guest)?.roleName ?? '';
}

/** The documents that the sandbox was started with, asked without the sandbox. */
function stage(): Stage {
  const { policies } = sandbox.access;
  const model = offlineModel(policies, scene);
  return {
    scene,
    operator: root,
    policyName: policies.iotPolicy.name,
    offline: (actor: Actor, { questions }: Attempt) => {
      const principal = principalOf(scene, actor, roleNameOf(actor));
      return questions.every((question) => model.decide({ principal, ...question }).allowed);
    },
  };
}

const connects = (actor: LiveActor, clientId: string) =>
  actor.connect(clientId).then(
    async (client) => {
      await client.endAsync();
      return true;
    },
    () => false,
  );

describe('without the IoT policy', () => {
  it('a signed-in identity gets nothing of MQTT, while a guest, whom the role alone decides, gets in', async () => {
    const [guest] = guests;
    if (guest === undefined) throw new Error('no guest');
    await expect(connects(alice, `${alice.identityId}-early`)).resolves.toBe(false);
    await expect(connects(alice, alice.identityId)).resolves.toBe(false);
    await expect(connects(guest, `${guest.identityId}-early`)).resolves.toBe(true);
    await expect(alice.provision()).resolves.toBe(200);
    await expect(bob.provision()).resolves.toBe(200);
    await expect(connects(alice, `${alice.identityId}-early`)).resolves.toBe(true);
  });

  it('the provisioner tells a guest what works without one, and what never will', async () => {
    const response = await fetch(`${sandbox.info.endpoints.provisioner}/v1/guests`);
    const answer = parseJson(GuestAccess, await response.text());
    expect(answer).toMatchObject({
      ok: true,
      value: { allowed: true, works: ['progress', 'uploads'], cannot: [{ capability: 'signalling' }] },
    });
  });
});

describe('the isolation matrix', () => {
  it('lets nobody at anything of anybody else, and everybody at all of their own, by document and by deed', async () => {
    const everybody = [alice, bob, ...guests];
    const started = performance.now();
    const { outcomes, deliveries, published } = await playMatrix(stage(), everybody);
    const verdict = judge(outcomes, deliveries, published);
    expect(verdict).toMatchObject({
      foreignAllows: [],
      falseRefusals: [],
      disagreements: [],
      foreignDeliveries: [],
      missingDeliveries: [],
    });
    expect(isProof(verdict)).toBe(true);
    reportFigure(
      'isolation matrix against the sandbox',
      `${everybody.length} identities, ${verdict.cells} cells, ${verdict.drivenLive} driven live (${verdict.allowedLive} ` +
        `allowed), ${verdict.deliveries} deliveries, 0 foreign, 0 refused by mistake; ` +
        `${Math.round((performance.now() - started) / 1_000)} s`,
    );
    // Nothing was left out without a word: every cell is driven but those that say so.
    expect(outcomes.filter(({ live }) => live === undefined).map(({ attempt }) => attempt.deed.kind)).toEqual(
      Array.from({ length: verdict.cells - verdict.drivenLive }, () => 'none'),
    );
    expect(verdict.drivenLive).toBeGreaterThan(900);
    expect(verdict.deliveries).toBeGreaterThan(50);
  }, 180_000);

  it('left no trace of anybody below the prefix of somebody else', async () => {
    const everybody = [alice, bob, ...guests];
    const { Contents = [] } = await root.s3.send(new ListObjectsV2Command({ Bucket: scene.bucket }));
    const writers: string[] = [];
    for (const { Key = '' } of Contents) {
      const owner = everybody.find(({ identityId }) => Key.startsWith(`users/${identityId}/`));
      const { Body } = await root.s3.send(new GetObjectCommand({ Bucket: scene.bucket, Key }));
      const writer = /^put here by (.*)$/.exec((await Body?.transformToString()) ?? '')?.[1];
      if (writer !== undefined && writer !== 'the operator')
        writers.push(`${writer} at ${owner?.name ?? Key}`);
    }
    expect(writers.toSorted()).toEqual(everybody.map(({ name }) => `${name} at ${name}`).toSorted());
    for (const victim of everybody)
      for (const thief of everybody)
        expect(
          Contents.some(({ Key }) => Key === `users/${victim.identityId}/victim of ${thief.name}.txt`),
        ).toBe(victim !== thief);
  });
});

describe('the proof itself', () => {
  /** Makes the sandbox answer every question of an identity alike; its own services go on by their documents. */
  function evaluatorSays(allowed: boolean): void {
    const { authorizer } = sandbox.access;
    const real = authorizer.authorize.bind(authorizer);
    vi.spyOn(authorizer, 'authorize').mockImplementation((request) =>
      request.principal.kind === 'identity' && !request.resource.endsWith('fence') && !isEar(request)
        ? { allowed, reason: 'the test says so' }
        : real(request),
    );
  }
  /** The connections on which the drivers listen; without them nothing could be observed. */
  const isEar = ({ action, resource }: { action: string; resource: string }) =>
    action === 'iot:Connect' && /-(ear\d+|mouth)$/.test(resource);

  it('fails with an evaluator that denies everything', async () => {
    evaluatorSays(false);
    const { outcomes, deliveries, published } = await playMatrix(stage(), [alice, bob]);
    const verdict = judge(outcomes, deliveries, published);
    expect(isProof(verdict)).toBe(false);
    expect(verdict.allowedLive).toBe(0);
    expect(verdict.deliveries).toBe(0);
    // Everything that has to work is named, and nothing else.
    expect(verdict.falseRefusals).toHaveLength(outcomes.filter(({ attempt }) => attempt.expected).length);
    expect(verdict.missingDeliveries.length).toBeGreaterThan(0);
    expect(verdict.foreignDeliveries).toEqual([]);
  });

  it('fails with an evaluator that allows everything, and names what was heard', async () => {
    evaluatorSays(true);
    const { outcomes, deliveries, published } = await playMatrix(stage(), [alice, bob]);
    const verdict = judge(outcomes, deliveries, published);
    expect(isProof(verdict)).toBe(false);
    expect(verdict.foreignAllows.length).toBeGreaterThan(100);
    expect(verdict.foreignDeliveries).toContain(
      `bob got ${scene.topicNamespace}/${alice.identityId}/overview by ${scene.topicNamespace}/#`,
    );
    expect(verdict.falseRefusals).toEqual([]);
  });
});
