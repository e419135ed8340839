import { beforeEach, describe, expect, it } from 'vitest';
import { IdentityId } from '@stepcast/contracts';
import type { OwnedAssignment } from '../domain/ownership.ts';
import { parkedItem } from '../domain/parked.ts';
import type { ExecutionStore, Watched, WatchList } from '../ports/execution-store.port.ts';
import { newStream, unique, type Fresh } from './conformance-samples.ts';
import { arnOf, IDENTITY, OTHER_IDENTITY } from './correlation-bench.ts';

function owned(identityId: string): OwnedAssignment {
  const { epochStartedAt, bucket, key, uploadId, epoch } = newStream();
  const proofs = ['keyPrefix'];
  const source = 'arn:aws:states:us-east-1:111122223333:stateMachine:P';
  return {
    kind: 'owned',
    identityId: IdentityId.parse(identityId),
    bucket,
    key,
    uploadId,
    epoch,
    epochStartedAt,
    source,
    nested: false,
    proofs,
  };
}

export function describeExecutionStore(name: string, make: Fresh<ExecutionStore>): void {
  describe(`${name} as an execution store`, () => {
    let store: ExecutionStore;
    beforeEach(async () => {
      store = await make();
    });
    const parked = (id: number) =>
      parkedItem({
        parkedMs: 1_793_700_930_123,
        records: [
          {
            id,
            type: 'TaskStarted',
            previousEventId: id - 1,
            timestampMs: 1,
            redriveCount: 0,
            details: { name: 'Résumé ✓', projections: { words: [1, 'two', null] } },
          },
        ],
        statuses: [
          { status: 'failed', redriveCount: 0, startMs: 1, stopMs: 2, redriveMs: null, error: { name: 'E' } },
        ],
        evidence: undefined,
        inputSeen: false,
      });

    it('knows nothing of an execution that nothing was stored of', async () => {
      expect(await store.load(arnOf(unique('x')))).toEqual({
        assignment: undefined,
        parked: [],
        children: [],
      });
    });

    it('assigns once: the first assignment counts, for all that come later', async () => {
      const arn = arnOf(unique('x'));
      const [first, second] = [owned(IDENTITY), owned(OTHER_IDENTITY)];
      expect(await store.assign(arn, first)).toEqual({ assignment: first, awaited: false });
      expect((await store.assign(arn, second)).assignment).toEqual(first);
      expect((await store.load(arn)).assignment).toEqual(first);
    });

    it('says of an assignment whether something announced that it waits', async () => {
      const [awaited, not] = [arnOf(unique('x')), arnOf(unique('x'))];
      const assignment = owned(IDENTITY);
      expect(await store.announce(awaited)).toBeUndefined();
      expect(await store.announce(awaited)).toBeUndefined();
      expect((await store.load(awaited)).assignment).toBeUndefined();
      expect(await store.assign(awaited, assignment)).toEqual({ assignment, awaited: true });
      expect((await store.load(awaited)).assignment).toEqual(assignment);
      expect(await store.assign(not, assignment)).toEqual({ assignment, awaited: false });
      expect(await store.announce(not)).toEqual(assignment);
    });

    it('has one of an announcement and an assignment at once find the other', async () => {
      const assignment = owned(IDENTITY);
      for (let round = 0; round < 20; round += 1) {
        const arn = arnOf(unique('x'));
        const [assigned, announced] = await Promise.all([store.assign(arn, assignment), store.announce(arn)]);
        expect(assigned.awaited || announced !== undefined).toBe(true);
        expect((await store.load(arn)).assignment).toEqual(assignment);
      }
    });

    it('replaces an assignment when it is reassigned', async () => {
      const arn = arnOf(unique('x'));
      await store.assign(arn, owned(IDENTITY));
      const quarantined = { kind: 'quarantined', reason: 'two identities' } as const;
      await store.reassign(arn, quarantined);
      expect((await store.load(arn)).assignment).toEqual(quarantined);
    });

    it('gives back what was parked, as it was, once per key', async () => {
      const arn = arnOf(unique('x'));
      const [three, four] = [parked(3), parked(4)];
      await store.park(arn, [three, four, three]);
      await store.park(arn, [three]);
      const found = (await store.load(arn)).parked.toSorted(
        (a, b) => (a.records[0]?.id ?? 0) - (b.records[0]?.id ?? 0),
      );
      expect(found).toEqual([three, four]);
    });

    it('forgets what is unparked, and minds no key that is not there', async () => {
      const arn = arnOf(unique('x'));
      const items = Array.from({ length: 60 }, (_unused, index) => parked(index + 1));
      await store.park(arn, items);
      await store.unpark(arn, [...items.slice(1).map((item) => item.key), 'never-there']);
      expect((await store.load(arn)).parked).toEqual(items.slice(0, 1));
      await store.unpark(arn, []);
    });

    it('remembers which executions wait for one', async () => {
      const [parent, child] = [arnOf(unique('p')), arnOf(unique('c'))];
      await store.addChild(parent, child);
      await store.addChild(parent, child);
      expect((await store.load(parent)).children).toEqual([child]);
    });
  });
}

export function describeWatchList(name: string, make: Fresh<WatchList>): void {
  describe(`${name} as a watch list`, () => {
    it('lists what is watched since it was first, until it is unwatched', async () => {
      const list = await make();
      const all = Array.from({ length: 30 }, (_unused, index) => ({
        executionArn: arnOf(unique('w')),
        sinceMs: 1_000 + index,
      }));
      for (const watched of all) await list.watch(watched);
      for (const { executionArn } of all) await list.watch({ executionArn, sinceMs: 9_999 });
      await list.unwatch(all.slice(10).map((one) => one.executionArn));
      await list.unwatch([]);
      const listed: Watched[] = [];
      for await (const page of list.pages()) listed.push(...page);
      const mine = listed.filter((one) => all.some((other) => other.executionArn === one.executionArn));
      expect(mine.toSorted((one, other) => one.sinceMs - other.sinceMs)).toEqual(all.slice(0, 10));
    });
  });
}
