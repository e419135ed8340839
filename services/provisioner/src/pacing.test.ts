import { IoTClient } from '@aws-sdk/client-iot';
import { IdentityId } from '@stepcast/contracts';
import { createMetrics, createRateGate, RateGateFullError, silentLogger } from '@stepcast/kit';
import { ManualTime } from '@stepcast/kit/testing';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { createIdentityAttacher } from './application/attach-identity.ts';
import { InMemoryPolicyAttachments, unlimitedRechecks } from './testing/index.ts';
import { createIotPolicyAttachments } from './adapters/iot-policy-attachments.adapter.ts';
import { PACE } from './adapters/pacing.ts';
import { refusalOf } from './adapters/refusals.ts';

/** Calls a second that AWS takes; see the sources in pacing.ts. */
const AWS_LIMITS = {
  iotAttachments: 15,
  iotTargets: 10,
  iotPolicies: 10,
  iotTest: 10,
  getId: 25,
  census: 5,
  poolRoles: 5,
} as const;
const names = [
  'iotAttachments',
  'iotTargets',
  'iotPolicies',
  'iotTest',
  'getId',
  'census',
  'poolRoles',
] as const;

const person = (n: number) =>
  IdentityId.parse(`us-east-1:${String(n).padStart(8, '0')}-4b5a-c6d7-8e9f-0a1b2c3d4e5f`);

describe('the pace of calls to AWS', () => {
  it.each(names)('%s stays below the limit in every second, whenever calls come', async (name) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 1_500 }), { maxLength: 60 }), async (waitsMs) => {
        const time = new ManualTime();
        const gate = createRateGate(PACE[name], time, time);
        const at: number[] = [];
        for (const waitMs of waitsMs) {
          // A full queue refuses; that is another test.
          void gate.run(() => Promise.resolve(at.push(time.nowMs()))).catch(() => undefined);
          if (waitMs > 750) await time.advance(waitMs);
        }
        await time.advance(60_000);
        for (const start of at)
          expect(at.filter((one) => one >= start && one < start + 1_000).length).toBeLessThanOrEqual(
            AWS_LIMITS[name],
          );
      }),
      { numRuns: 30 },
    );
  });

  it('a burst of sign-ins is let through at that pace, and a caller that finds the queue full learns when to try again', async () => {
    const time = new ManualTime();
    const gate = createRateGate(PACE.iotAttachments, time, time);
    const inner = new InMemoryPolicyAttachments();
    const calledAt: number[] = [];
    const paced = <T>(call: () => Promise<T>) =>
      gate.run(() => {
        calledAt.push(time.nowMs());
        return call();
      });
    const attacher = createIdentityAttacher({
      attachments: {
        isAttached: (who) => paced(() => inner.isAttached(who)),
        attach: (who) => paced(() => inner.attach(who)),
        detach: (who) => inner.detach(who),
        targets: () => inner.targets(),
        isInForce: () => inner.isInForce(),
      },
      cache: new Map(),
      rechecks: unlimitedRechecks,
      clock: time,
      logger: silentLogger,
      outcomes: createMetrics('test_').counter('provision_total', 'test', ['outcome']),
    });
    // 100 people, three tabs each: the tabs of one person are one call.
    const answers = Array.from({ length: 300 }, (_, n) =>
      attacher.provision(person(n % 100), 'idToken').then(
        () => 'provisioned',
        (thrown: unknown) => thrown,
      ),
    );
    await time.advance(30_000);
    await expect(Promise.all(answers)).resolves.toEqual(Array.from({ length: 300 }, () => 'provisioned'));
    expect(calledAt).toHaveLength(200);
    expect(inner.attachCalls).toHaveLength(100);

    const burst = Array.from({ length: 500 }, (_, n) =>
      attacher.provision(person(1_000 + n), 'idToken').then(
        () => undefined,
        (thrown: unknown) => thrown,
      ),
    );
    await time.advance(60_000);
    const refused = (await Promise.all(burst)).filter((thrown) => thrown !== undefined);
    expect(refused.length).toBeGreaterThan(300);
    expect(refused.every((thrown) => thrown instanceof RateGateFullError)).toBe(true);
    expect(refusalOf(refused[0])).toMatchObject({
      status: 429,
      headers: { 'retry-after': '10' },
      body: { error: { code: 'KIT_RATE_GATE_FULL', retryable: true } },
    });
    for (const start of calledAt)
      expect(calledAt.filter((one) => one >= start && one < start + 1_000).length).toBeLessThanOrEqual(15);
  });
});

describe('asking IoT whether a policy is in force', () => {
  /** A client that answers TestAuthorization with these decisions, or not at all. */
  function asking(decisions: readonly string[] | undefined) {
    const time = new ManualTime();
    const gate = createRateGate({ capacity: 10, perSecond: 10, maxWaiting: 10 }, time, time);
    const client = new IoTClient({
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    });
    client.middlewareStack.add(
      () => () => {
        if (decisions === undefined) return Promise.reject(new Error('NotImplemented'));
        return Promise.resolve({
          response: {},
          output: { $metadata: {}, authResults: decisions.map((authDecision) => ({ authDecision })) },
        });
      },
      { step: 'initialize', name: 'answer' },
    );
    return createIotPolicyAttachments({
      client,
      policyName: 'stepcast-identity',
      identityPoolId: 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
      region: 'us-east-1',
      accountId: '111122223333',
      topicNamespace: 'stepcast/v1',
      gates: { attachments: gate, targets: gate, test: gate },
      logger: silentLogger,
    }).isInForce(person(1));
  }

  it('takes only an allow of every first step for an allow', async () => {
    await expect(asking(['ALLOWED', 'ALLOWED', 'ALLOWED'])).resolves.toBe(true);
    await expect(asking(['ALLOWED', 'IMPLICIT_DENY', 'ALLOWED'])).resolves.toBe(false);
  });

  it('says that it does not know when AWS gives no answer, or half of one', async () => {
    await expect(asking([])).resolves.toBeUndefined();
    await expect(asking(['ALLOWED'])).resolves.toBeUndefined();
    await expect(asking(undefined)).resolves.toBeUndefined();
  });
});
