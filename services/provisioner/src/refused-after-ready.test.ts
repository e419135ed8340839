import { IdentityId, ProvisionReply } from '@stepcast/contracts';
import { createMetrics, silentLogger, type CounterMetric } from '@stepcast/kit';
import { ManualTime } from '@stepcast/kit/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { RECHECK_PACE } from './adapters/pacing.ts';
import { InMemoryPolicyAttachments } from './testing/index.ts';
import { createIdentityAttacher, type IdentityAttacher } from './application/attach-identity.ts';
import { createRecheckLimits } from './application/recheck-limits.ts';

const person = (n: number) =>
  IdentityId.parse(`us-east-1:${String(n).padStart(8, '0')}-4b5a-c6d7-8e9f-0a1b2c3d4e5f`);
const alice = person(1);

/** Counts how often IoT is asked. */
class CountingAttachments extends InMemoryPolicyAttachments {
  readonly askedAtMs: number[] = [];
  readonly #time: ManualTime;
  constructor(time: ManualTime) {
    super();
    this.#time = time;
  }
  override isAttached(identityId: IdentityId): Promise<boolean> {
    this.askedAtMs.push(this.#time.nowMs());
    return super.isAttached(identityId);
  }
}

let time: ManualTime;
let attachments: CountingAttachments;
let outcomes: CounterMetric;
let attacher: IdentityAttacher;

beforeEach(() => {
  time = new ManualTime();
  attachments = new CountingAttachments(time);
  attachments.inForce = true;
  outcomes = createMetrics('test_').counter('provision_total', 'test', ['outcome']);
  attacher = createIdentityAttacher({
    attachments,
    cache: new Map(),
    rechecks: createRecheckLimits({ ...RECHECK_PACE, clock: time }),
    clock: time,
    logger: silentLogger,
    outcomes,
  });
});

const provision = (refused?: boolean, who = alice) => attacher.provision(who, 'idToken', { refused });

describe('an identity that the broker refuses after `ready`', () => {
  it('whose policy was detached is no longer `ready` for 15 minutes: it has the policy again at once', async () => {
    await expect(provision()).resolves.toEqual({ status: 'ready', identityId: alice });
    attachments.attached.clear();
    attachments.inForce = undefined;
    await expect(provision()).resolves.toEqual({ status: 'ready', identityId: alice });
    expect(attachments.attached.size).toBe(0);

    const reply = await provision(true);
    expect(reply).toMatchObject({ status: 'propagating', identityId: alice });
    expect([...attachments.attached]).toEqual([alice]);
    // A caller that does not say that it was refused gets the same answer from now on.
    await expect(provision()).resolves.toEqual(reply);
  });

  it('is `ready` still when IoT finds nothing wrong', async () => {
    attachments.attached.add(alice);
    await provision();
    await expect(provision(true)).resolves.toEqual({ status: 'ready', identityId: alice });
    expect(attachments.attachCalls).toEqual([]);
    await expect(outcomes.total({ outcome: 'rechecked' })).resolves.toBe(1);
  });

  it('learns how long to wait when it asks too often, and gets what is remembered', async () => {
    attachments.attached.add(alice);
    await provision();
    for (let n = 0; n < RECHECK_PACE.perIdentity.capacity; n += 1) {
      await provision(true);
      await time.advance(500);
    }
    const asked = attachments.askedAtMs.length;
    const reply = await provision(true);
    expect(reply).toMatchObject({ status: 'ready' });
    expect(reply.retryAfterMs).toBeGreaterThan(25_000);
    expect(reply.retryAfterMs).toBeLessThanOrEqual(30_000);
    expect(ProvisionReply.parse(reply)).toEqual(reply);
    expect(attachments.askedAtMs).toHaveLength(asked);
    await expect(outcomes.total({ outcome: 'recheck_limited' })).resolves.toBe(1);

    await time.advance(reply.retryAfterMs ?? 0);
    await expect(provision(true)).resolves.not.toHaveProperty('retryAfterMs');
  });

  it('shares one question to IoT with its other tabs', async () => {
    await provision();
    attachments.attached.clear();
    const replies = await Promise.all(Array.from({ length: 10 }, () => provision(true)));
    expect(replies.every(({ retryAfterMs }) => retryAfterMs === undefined)).toBe(true);
    expect(attachments.attachCalls).toEqual([alice, alice]);
    expect(attachments.askedAtMs).toHaveLength(2);
  });

  it('does not get the remembered answer once IoT has said that it is not', async () => {
    await provision();
    attachments.attached.clear();
    attachments.failFor.add(alice);
    await expect(provision(true)).rejects.toMatchObject({ code: 'PROVISIONER_AWS_UNAVAILABLE' });
    await expect(provision()).rejects.toMatchObject({ code: 'PROVISIONER_AWS_UNAVAILABLE' });
    attachments.failFor.clear();
    await expect(provision()).resolves.toMatchObject({ status: 'ready' });
  });

  it('cannot spend the quota of the account, whatever callers do', async () => {
    const people = Array.from({ length: 40 }, (_, n) => person(n));
    for (const who of people) await provision(false, who);
    const step = fc.record({
      who: fc.constantFrom(...people),
      waitMs: fc.constantFrom(0, 0, 0, 100, 1_000, 20_000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 200 }), async (steps) => {
        await time.advance(3_600_000);
        attachments.askedAtMs.length = 0;
        const askedBy = new Map<IdentityId, number>();
        const startMs = time.nowMs();
        for (const { who, waitMs } of steps) {
          const before = attachments.askedAtMs.length;
          await provision(true, who);
          if (attachments.askedAtMs.length > before) askedBy.set(who, (askedBy.get(who) ?? 0) + 1);
          await time.advance(waitMs);
        }
        const { perIdentity, overall } = RECHECK_PACE;
        const allowed = (bucket: { capacity: number; perSecond: number }, overMs: number) =>
          bucket.capacity + (overMs / 1_000) * bucket.perSecond + 1e-6;
        for (const times of askedBy.values())
          expect(times).toBeLessThanOrEqual(allowed(perIdentity, time.nowMs() - startMs));
        for (const fromMs of attachments.askedAtMs) {
          const inSecond = attachments.askedAtMs.filter((atMs) => atMs >= fromMs && atMs < fromMs + 1_000);
          expect(inSecond.length).toBeLessThanOrEqual(allowed(overall, 1_000));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('that asks all the time leaves room for the others', async () => {
    const bob = person(2);
    await provision();
    await provision(false, bob);
    for (let n = 0; n < 100; n += 1) {
      await time.advance(100);
      await provision(true);
    }
    await expect(provision(true, bob)).resolves.not.toHaveProperty('retryAfterMs');
  });
});
