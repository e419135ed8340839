import { beforeEach, describe, expect, it } from '@jest/globals';
import { Epoch, IdentityId, Offset, uploadIdOf } from '@stepcast/contracts';
import { type JournalEntryBody } from '@stepcast/wire';
import { parkedItem } from '../domain/parked.ts';
import type { OwnedAssignment } from '../domain/ownership.ts';
import { emptyState, type StreamMeta } from '../domain/upload-fold.ts';
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

function bodyOf(meta: StreamMeta, firstOffset: number, checkpoint: string): JournalEntryBody {
  const offset = Offset.parse(firstOffset);
  return {
    source: 'stepcast',
    epochStartedAt: meta.epochStartedAt,
    events: [{ offset, kind: 'uploaded', time: meta.epochStartedAt }],
    state: { ...emptyState(meta), position: { epoch: meta.epoch, offset } },
    checkpoint,
  };
}

export function describeJournal(name: string, make: Fresh<Journal>): void {
  describe(`${name} as a journal`, () => {
    let journal: Journal;
    beforeEach(async () => {
      journal = await make();
    });

    it('has no head before the first entry', async () => {
      expect(await journal.head(newStream())).toBeUndefined();
    });

    it('has as its head the entry with the highest offset, whole', async () => {
      const stream = newStream();
      for (const firstOffset of [1, 2, 9, 10, 100])
        await journal.append({ stream, firstOffset, body: bodyOf(stream, firstOffset, `c${firstOffset}`) });
      const head = await journal.head(stream);
      expect(head?.firstOffset).toBe(100);
      expect(head?.body).toEqual(bodyOf(stream, 100, 'c100'));
    });

    it('writes an entry once, whoever comes second', async () => {
      const stream = newStream();
      const entry = (checkpoint: string) => ({ stream, firstOffset: 1, body: bodyOf(stream, 1, checkpoint) });
      expect(await journal.append(entry('first'))).toBe('written');
      expect(await journal.append(entry('second'))).toBe('taken');
      expect((await journal.head(stream))?.body.checkpoint).toBe('first');
    });

    it('lets exactly one of many that write the same place at once win', async () => {
      const stream = newStream();
      const results = await Promise.all(
        Array.from({ length: 20 }, (_unused, index) =>
          journal.append({ stream, firstOffset: 1, body: bodyOf(stream, 1, `writer ${index}`) }),
        ),
      );
      expect(results.filter((result) => result === 'written')).toHaveLength(1);
    });

    it('keeps streams apart that differ in identity, upload or epoch', async () => {
      const stream = newStream();
      const others = [
        { ...stream, identityId: IdentityId.parse(OTHER_IDENTITY) },
        { ...stream, uploadId: uploadIdOf(BUCKET, unique('other')) },
        { ...stream, epoch: Epoch.parse('e2') },
      ];
      await journal.append({ stream, firstOffset: 1, body: bodyOf(stream, 1, 'c') });
      for (const other of others) expect(await journal.head(other)).toBeUndefined();
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

    it('knows nothing of an execution that it was never told of', async () => {
      expect(await store.load(arnOf(unique('x')))).toEqual({
        assignment: undefined,
        parked: [],
        children: [],
      });
    });

    it('keeps the first assignment, and says which one it kept', async () => {
      const arn = arnOf(unique('x'));
      const [first, second] = [owned(IDENTITY), owned(OTHER_IDENTITY)];
      expect(await store.assign(arn, first)).toEqual(first);
      expect(await store.assign(arn, second)).toEqual(first);
      expect((await store.load(arn)).assignment).toEqual(first);
    });

    it('replaces an assignment when told to', async () => {
      const arn = arnOf(unique('x'));
      await store.assign(arn, owned(IDENTITY));
      const quarantined = { kind: 'quarantined', reason: 'two identities' } as const;
      expect(await store.assign(arn, quarantined, { replace: true })).toEqual(quarantined);
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

    it('remembers who was seen uploading', async () => {
      const store = await make();
      const { identityId, uploadId } = newStream();
      expect(await store.caller(uploadId)).toBeUndefined();
      await store.setCaller(uploadId, identityId);
      expect(await store.caller(uploadId)).toBe(identityId);
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
