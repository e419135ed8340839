import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  emptyState,
  Epoch,
  IdentityId,
  offsetOf,
  summaryOf,
  uploadIdOf,
  type StreamMeta,
} from '@stepcast/contracts';
import { renderEvents, renderJson, type StoredEntry } from '@stepcast/wire';
import { parkedItem } from '../domain/parked.ts';
import type { OwnedAssignment } from '../domain/ownership.ts';
import type { ExecutionStore, WatchList, Watched } from '../ports/execution-store.port.ts';
import type { Journal } from '../ports/journal.port.ts';
import type { MachineStore } from '../ports/machine-store.port.ts';
import type { UploadStore, WaitingRoom } from '../ports/upload-store.port.ts';
import { arnOf, BUCKET, IDENTITY, OTHER_IDENTITY } from './correlation-bench.ts';

/** Makes a port that nothing was stored in by another test, for example under keys of its own. */
export type Fresh<T> = () => T | Promise<T>;

let counter = 0;
/** A name that no other test of this run has. */
function unique(prefix: string): string {
  counter += 1;
  return `${prefix}-${counter}`;
}

function newStream(): StreamMeta {
  const key = `users/${IDENTITY}/${unique('file')}`;
  return {
    identityId: IdentityId.parse(IDENTITY),
    uploadId: uploadIdOf(BUCKET, key),
    epoch: Epoch.parse('e1'),
    epochStartedAt: '2026-11-03T10:15:29.000Z',
    bucket: BUCKET,
    key,
  };
}

function entryOf(meta: StreamMeta, firstOffset: number, more: Partial<StoredEntry> = {}): StoredEntry {
  return {
    firstOffset,
    lastOffset: firstOffset + 1,
    source: 'stepcast',
    epochStartedAt: meta.epochStartedAt,
    events: renderEvents([
      { offset: offsetOf(firstOffset), kind: 'uploaded', time: meta.epochStartedAt },
      { offset: offsetOf(firstOffset + 1), kind: 'stepStarted', time: meta.epochStartedAt },
    ]),
    truncated: false,
    snapshot: undefined,
    cursor: undefined,
    ...more,
  };
}

const snapshotOf = (meta: StreamMeta, checkpoint: string) => ({
  state: renderJson(emptyState(meta)),
  checkpoint,
});

export function describeJournal(name: string, make: Fresh<Journal>): void {
  describe(`${name} as a journal`, () => {
    let journal: Journal;
    beforeEach(async () => {
      journal = await make();
    });

    it('has no tail before the first entry', async () => {
      expect(await journal.tail(newStream())).toEqual([]);
    });

    it('has as its tail the entries from the newest snapshot on, oldest first, whole', async () => {
      const stream = newStream();
      const entries = Array.from({ length: 40 }, (_unused, index) =>
        entryOf(stream, 1 + 2 * index, {
          truncated: index === 39,
          ...(index % 17 === 0
            ? { snapshot: snapshotOf(stream, `checkpoint ${index}`) }
            : { cursor: index % 2 === 0 ? `{"cursor":"Résumé ✓ ${index}"}` : undefined }),
        }),
      );
      for (const entry of entries) expect(await journal.append(stream, entry)).toBe('written');
      expect(await journal.tail(stream)).toEqual(entries.slice(34));
    });

    it('writes an entry once: the second one is refused', async () => {
      const stream = newStream();
      const entry = (cursor: string) => entryOf(stream, 1, { snapshot: snapshotOf(stream, cursor) });
      expect(await journal.append(stream, entry('first'))).toBe('written');
      expect(await journal.append(stream, entry('second'))).toBe('taken');
      expect((await journal.tail(stream))[0]?.snapshot?.checkpoint).toBe('first');
    });

    it('lets exactly one of many that write the same place at once win', async () => {
      const stream = newStream();
      const results = await Promise.all(
        Array.from({ length: 20 }, (_unused, index) =>
          journal.append(stream, entryOf(stream, 1, { snapshot: snapshotOf(stream, `writer ${index}`) })),
        ),
      );
      expect(results.filter((result) => result === 'written')).toHaveLength(1);
    });

    it('separates streams that differ in identity, upload or epoch', async () => {
      const stream = newStream();
      const others = [
        { ...stream, identityId: IdentityId.parse(OTHER_IDENTITY) },
        { ...stream, uploadId: uploadIdOf(BUCKET, unique('other')) },
        { ...stream, epoch: Epoch.parse('e2') },
      ];
      await journal.append(stream, entryOf(stream, 1, { snapshot: snapshotOf(stream, 'c') }));
      for (const other of others) expect(await journal.tail(other)).toEqual([]);
    });

    it('takes the same line of an overview again', async () => {
      const stream = newStream();
      const line = summaryOf(emptyState(stream));
      await journal.addLine(stream.identityId, line);
      await expect(journal.addLine(stream.identityId, line)).resolves.toBeUndefined();
    });
  });
}

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

export function describeUploadStore(name: string, make: Fresh<UploadStore>): void {
  describe(`${name} as an upload store`, () => {
    it('lists every version of an upload, each once, with its sequencer', async () => {
      const store = await make();
      const { identityId, uploadId } = newStream();
      const version = (epoch: string, epochStartedAt: string, sequencer: string | null) => ({
        identityId,
        uploadId,
        epoch: Epoch.parse(epoch),
        epochStartedAt,
        sequencer,
      });
      const all = [
        version('a', '2026-11-03T10:15:29.000Z', '0069'),
        version('b', '2026-11-03T10:16:29.000Z', null),
      ];
      for (const one of [...all, ...all]) await store.addEpoch(one);
      const found = await store.epochs(identityId, uploadId);
      expect(found.toSorted((x, y) => (x.epoch < y.epoch ? -1 : 1))).toEqual(all);
      expect(await store.epochs(IdentityId.parse(OTHER_IDENTITY), uploadId)).toEqual([]);
    });

    it('knows who was seen uploading: the one that was set last', async () => {
      const store = await make();
      const { identityId, uploadId } = newStream();
      expect(await store.known(uploadId)).toEqual({ caller: undefined, firstVersion: undefined });
      await store.setCaller(uploadId, identityId);
      await store.setCaller(uploadId, IdentityId.parse(OTHER_IDENTITY));
      expect((await store.known(uploadId)).caller).toBe(OTHER_IDENTITY);
    });

    it('lets one touch of an upload be the first, and gives the others what it brought', async () => {
      const store = await make();
      const { identityId, uploadId, epoch, epochStartedAt } = newStream();
      const version = { identityId, uploadId, epoch, epochStartedAt, sequencer: '0069' };
      const touch = { kind: 'version', version } as const;
      const touches = await Promise.all(Array.from({ length: 5 }, () => store.touch(uploadId, touch)));
      expect(touches.toSorted()).toEqual(['first', 'known', 'known', 'known', 'known']);
      expect(await store.touch(uploadId, { kind: 'caller', identityId })).toBe('known');
      expect(await store.known(uploadId)).toEqual({ caller: undefined, firstVersion: version });
    });

    it('knows the caller that touched an upload first', async () => {
      const store = await make();
      const { identityId, uploadId } = newStream();
      expect(await store.touch(uploadId, { kind: 'caller', identityId })).toBe('first');
      expect(await store.known(uploadId)).toEqual({ caller: identityId, firstVersion: undefined });
    });

    it('knows neither a caller nor a version of an upload that an execution waits for', async () => {
      const store = await make();
      const { uploadId } = newStream();
      expect(await store.touch(uploadId, { kind: 'waiting' })).toBe('first');
      expect(await store.known(uploadId)).toEqual({ caller: undefined, firstVersion: undefined });
    });
  });
}

export function describeWaitingRoom(name: string, make: Fresh<WaitingRoom>): void {
  describe(`${name} as a waiting room`, () => {
    it('lets everybody who waits for an upload go, once', async () => {
      const room = await make();
      const { uploadId } = newStream();
      const [one, two] = [arnOf(unique('x')), arnOf(unique('x'))];
      await room.enter(uploadId, one);
      await room.enter(uploadId, two);
      await room.enter(uploadId, two);
      expect((await room.leave(uploadId)).toSorted()).toEqual([one, two].toSorted());
      expect(await room.leave(uploadId)).toEqual([]);
    });
  });
}

export function describeMachineStore(name: string, make: Fresh<MachineStore>): void {
  describe(`${name} as a machine store`, () => {
    it('gives back the durations saved last', async () => {
      const store = await make();
      const arn = `arn:aws:states:us-east-1:111122223333:stateMachine:${unique('M')}`;
      expect(await store.durations(arn)).toEqual(new Map());
      await store.saveDurations(arn, new Map([['Resize', 100]]));
      await store.saveDurations(
        arn,
        new Map([
          ['Resize', 120],
          ['__proto__ ', 3],
        ]),
      );
      expect(await store.durations(arn)).toEqual(
        new Map([
          ['Resize', 120],
          ['__proto__ ', 3],
        ]),
      );
    });
  });
}
