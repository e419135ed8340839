import { IdentityId } from '@stepcast/contracts';
import { createMetrics, silentLogger } from '@stepcast/kit';
import { beforeEach, describe, expect, it } from 'vitest';
import { InMemoryIdentityDirectory, InMemoryPolicyAttachments, unlimitedRechecks } from '../testing/index.ts';
import { createIdentityAttacher } from './attach-identity.ts';
import { createProvisionIdentity } from './provision-identity.ts';
import { TokenRejectedError } from '../errors.ts';

const alice = IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f');
const bob = IdentityId.parse('us-east-1:2f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f');

let nowMs: number;
let identities: InMemoryIdentityDirectory;
let attachments: InMemoryPolicyAttachments;
let provision: ReturnType<typeof createProvisionIdentity>;

beforeEach(() => {
  nowMs = Date.UTC(2026, 10, 3, 10, 15);
  identities = new InMemoryIdentityDirectory();
  identities.identities.set('token-alice', alice).set('token-alice-2', alice).set('token-bob', bob);
  attachments = new InMemoryPolicyAttachments();
  provision = createProvisionIdentity({
    tokens: {
      verify: async (token) => {
        await Promise.resolve();
        if (!token.startsWith('token-')) throw new TokenRejectedError('JwtParseError');
        return { sub: token.split('-')[1] ?? '', expiresAtMs: nowMs + 3_600_000 };
      },
    },
    identities,
    cache: new Map(),
    attacher: createIdentityAttacher({
      attachments,
      cache: new Map(),
      rechecks: unlimitedRechecks,
      clock: { nowMs: () => nowMs },
      logger: silentLogger,
      outcomes: createMetrics('test_').counter('provision_total', 'test', ['outcome']),
      propagationMs: 480_000,
    }),
  });
});

describe('provisioning an identity', () => {
  it('attaches the policy to the identity that Cognito names, and says that it is propagating', async () => {
    await expect(provision('token-alice')).resolves.toEqual({
      status: 'propagating',
      identityId: alice,
      retryUntil: '2026-11-03T10:23:00.000Z',
    });
    expect([...attachments.attached]).toEqual([alice]);
  });

  it('says ready once AWS has had its time', async () => {
    await provision('token-alice');
    nowMs += 480_000;
    await expect(provision('token-alice')).resolves.toEqual({ status: 'ready', identityId: alice });
  });

  it('says ready at once when IoT says that the policy is in force', async () => {
    attachments.inForce = true;
    await expect(provision('token-alice')).resolves.toEqual({ status: 'ready', identityId: alice });
  });

  it('says ready for an identity that had the policy, and attaches nothing', async () => {
    attachments.attached.add(alice);
    await expect(provision('token-alice')).resolves.toEqual({ status: 'ready', identityId: alice });
    expect(attachments.attachCalls).toEqual([]);
  });

  it('says propagating for a policy that another copy attached a moment ago', async () => {
    attachments.attached.add(alice);
    attachments.inForce = false;
    await expect(provision('token-alice')).resolves.toMatchObject({ status: 'propagating' });
  });

  it('makes one call of many at the same time for one user, and keeps users apart', async () => {
    const answers = await Promise.all([
      provision('token-alice'),
      provision('token-alice-2'),
      provision('token-alice'),
      provision('token-bob'),
    ]);
    expect(answers.map((answer) => answer.identityId)).toEqual([alice, alice, alice, bob]);
    expect(identities.calls).toHaveLength(2);
    expect(attachments.attachCalls).toEqual([alice, bob]);
  });

  it('does not ask AWS again for a user it knows', async () => {
    await provision('token-alice');
    await provision('token-alice-2');
    expect(identities.calls).toHaveLength(1);
  });

  it('tries again after a failure', async () => {
    identities.failNextWith = new Error('throttled');
    await expect(provision('token-alice')).rejects.toThrow('throttled');
    await expect(provision('token-alice')).resolves.toMatchObject({ identityId: alice });
  });

  it('asks IoT about a user it knows only when the broker refused', async () => {
    await provision('token-alice');
    attachments.attached.clear();
    await provision('token-alice');
    expect(attachments.attachCalls).toEqual([alice]);
    await provision('token-alice', { refused: true });
    expect(attachments.attachCalls).toEqual([alice, alice]);
    expect(identities.calls).toHaveLength(1);
  });

  it('asks nobody about a token that is not proven', async () => {
    await expect(provision('forged')).rejects.toBeInstanceOf(TokenRejectedError);
    expect(identities.calls).toEqual([]);
    expect(attachments.attachCalls).toEqual([]);
  });
});
