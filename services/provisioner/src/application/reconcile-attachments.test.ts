import { clientIdOf, IdentityId, SessionId } from '@stepcast/contracts';
import { createMetrics, silentLogger, type CounterMetric, type Logger } from '@stepcast/kit';
import { beforeEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { SweepRefusedError } from '../errors.ts';
import { InMemoryConnections, InMemoryIdentityCensus, InMemoryPolicyAttachments } from '../testing/index.ts';
import { createDeprovisionIdentity } from './deprovision-identity.ts';
import { createReconcileAttachments } from './reconcile-attachments.ts';

const person = (n: number, region = 'us-east-1') =>
  IdentityId.parse(`${region}:${String(n).padStart(8, '0')}-4b5a-c6d7-8e9f-0a1b2c3d4e5f`);

let attachments: InMemoryPolicyAttachments;
let census: InMemoryIdentityCensus;
let outcomes: CounterMetric;
let audit: object[];
let logger: Logger;
let reconcile: ReturnType<typeof createReconcileAttachments>;

beforeEach(() => {
  attachments = new InMemoryPolicyAttachments();
  census = new InMemoryIdentityCensus();
  outcomes = createMetrics('test_').counter('provision_total', 'test', ['outcome']);
  audit = [];
  logger = { ...silentLogger, info: (fields) => audit.push(fields) };
  reconcile = createReconcileAttachments({ attachments, census, region: 'us-east-1', logger, outcomes });
});

describe('comparing attachments with identities', () => {
  it('attaches what is missing, sweeps what is gone, leaves everything else alone, and says so', async () => {
    census.add(person(1));
    census.add(person(2));
    census.add(person(3), false);
    attachments.attached.add(person(2)).add(person(4)).add(person(5, 'eu-west-1'));
    attachments.others.push('arn:aws:iot:us-east-1:111122223333:cert/abc');
    await expect(reconcile()).resolves.toEqual({
      known: 2,
      targets: 2,
      attached: 1,
      swept: 1,
      foreign: 2,
      failed: 0,
    });
    expect([...attachments.attached].toSorted()).toEqual(
      [person(5, 'eu-west-1'), person(1), person(2)].toSorted(),
    );
    expect(audit).toEqual([
      { audit: true, action: 'attachPolicy', identityId: person(1), way: 'reconcile' },
      { audit: true, action: 'detachPolicy', identityId: person(4), way: 'reconcile' },
    ]);
    await expect(outcomes.total({ outcome: 'drift_attached' })).resolves.toBe(1);
    await expect(outcomes.total({ outcome: 'drift_swept' })).resolves.toBe(1);
  });

  it('takes nothing from somebody who came after his page of the list was read', async () => {
    census.add(person(1));
    census.unlisted.add(person(1));
    attachments.attached.add(person(1));
    await expect(reconcile()).resolves.toMatchObject({ swept: 0 });
    expect(attachments.detachCalls).toEqual([]);
  });

  it('changes nothing when the list of identities cannot be read', async () => {
    attachments.attached.add(person(1));
    census.fail = true;
    await expect(reconcile()).rejects.toThrow('ListIdentities failed');
    expect(attachments.detachCalls).toEqual([]);
    expect(attachments.attachCalls).toEqual([]);
  });

  it('goes on after a change that failed, and counts it', async () => {
    for (const n of [1, 2, 3]) census.add(person(n));
    attachments.failFor.add(person(2));
    await expect(reconcile()).resolves.toMatchObject({ attached: 2, failed: 1 });
    attachments.failFor.clear();
    await expect(reconcile()).resolves.toMatchObject({ attached: 1, failed: 0 });
  });

  it('detaches nothing when a wrong pool makes everybody seem deleted, unless it is configured to', async () => {
    for (let n = 0; n < 30; n += 1) attachments.attached.add(person(n));
    await expect(reconcile()).rejects.toBeInstanceOf(SweepRefusedError);
    expect(attachments.attached.size).toBe(30);
    await expect(reconcile({ sweepAll: true })).resolves.toMatchObject({ swept: 30 });
    expect(attachments.attached.size).toBe(0);
  });

  it('ends with exactly the signed-in identities attached, from any drift', async () => {
    const flags = fc.record({ exists: fc.boolean(), signedIn: fc.boolean(), attached: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(flags, { maxLength: 30 }), async (people) => {
        const [drifted, known] = [new InMemoryPolicyAttachments(), new InMemoryIdentityCensus()];
        for (const [n, { exists, signedIn, attached }] of people.entries()) {
          if (exists) known.add(person(n), signedIn);
          if (attached) drifted.attached.add(person(n));
        }
        const mend = createReconcileAttachments({
          attachments: drifted,
          census: known,
          region: 'us-east-1',
          logger: silentLogger,
          outcomes,
        });
        await mend({ sweepAll: true });
        for (const [n, { exists, signedIn, attached }] of people.entries())
          // A guest that has the policy has no use of it, and loses nothing by it: only the deleted are swept.
          expect(drifted.attached.has(person(n))).toBe(exists && (signedIn || attached));
        await expect(mend()).resolves.toMatchObject({ attached: 0, swept: 0, failed: 0 });
      }),
    );
  });
});

describe('de-provisioning', () => {
  it('detaches first, then cuts the named sessions, and can be repeated', async () => {
    const connections = new InMemoryConnections();
    const [open, closed] = [SessionId.parse('tab1'), SessionId.parse('tab2')];
    connections.open.add(clientIdOf(person(1), open)).add(clientIdOf(person(2), open));
    attachments.attached.add(person(1)).add(person(2));
    const deprovision = createDeprovisionIdentity({ attachments, connections, logger, outcomes });
    await expect(deprovision(person(1), [open, closed])).resolves.toEqual({ connectionsCut: 1 });
    expect(audit.map((entry) => ('action' in entry ? entry.action : ''))).toEqual([
      'detachPolicy',
      'deleteConnection',
    ]);
    expect([...attachments.attached]).toEqual([person(2)]);
    expect([...connections.open]).toEqual([clientIdOf(person(2), open)]);
    await expect(deprovision(person(1), [open])).resolves.toEqual({ connectionsCut: 0 });
  });

  it('cuts nobody when the policy cannot be detached: he would be back at once', async () => {
    const connections = new InMemoryConnections();
    connections.open.add(clientIdOf(person(1), SessionId.parse('tab1')));
    attachments.failFor.add(person(1));
    const deprovision = createDeprovisionIdentity({ attachments, connections, logger, outcomes });
    await expect(deprovision(person(1), [SessionId.parse('tab1')])).rejects.toThrow('DetachPolicy failed');
    expect(connections.open.size).toBe(1);
  });
});
