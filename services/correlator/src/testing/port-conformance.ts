import { beforeEach, describe, expect, it } from 'vitest';
import {
  emptyState,
  Epoch,
  IdentityId,
  offsetOf,
  summaryOf,
  uploadIdOf,
  type StreamMeta,
} from '@stepcast/contracts';
import { renderJson, type StoredEntry } from '@stepcast/wire';
import type { Journal } from '../ports/journal.port.ts';
import type { MachineStore } from '../ports/machine-store.port.ts';
import type { UploadStore, WaitingRoom } from '../ports/upload-store.port.ts';
import { newStream, unique, type Fresh } from './conformance-samples.ts';
import { arnOf, BUCKET, OTHER_IDENTITY } from './correlation-bench.ts';

export { describeExecutionStore, describeWatchList } from './execution-conformance.ts';

function entryOf(meta: StreamMeta, firstOffset: number, more: Partial<StoredEntry> = {}): StoredEntry {
  return {
    firstOffset,
    lastOffset: firstOffset + 1,
    source: 'stepcast',
    events: renderJson([
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

    it('lets one enrolment of an identity find it new, and says how long it holds', async () => {
      const { identityId } = newStream();
      const all = await Promise.all(Array.from({ length: 5 }, () => journal.enrol(identityId)));
      expect(all.filter(({ isNew }) => isNew)).toHaveLength(1);
      expect((await journal.enrol(identityId)).isNew).toBe(false);
      for (const { untilMs } of all) expect(untilMs).toBeGreaterThan(Date.now());
    });

    it('takes the same line of an overview again', async () => {
      const stream = newStream();
      const line = summaryOf(emptyState(stream));
      await journal.addLine(stream.identityId, line);
      await expect(journal.addLine(stream.identityId, line)).resolves.toBeUndefined();
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

    it('knows everybody who was seen writing, each once: none replaces another', async () => {
      const store = await make();
      const { identityId, uploadId, epoch } = newStream();
      expect(await store.known(uploadId)).toEqual({ callers: [], firstVersion: undefined });
      const callers = [
        { identityId, epoch, atMs: 1_000 },
        { identityId: IdentityId.parse(OTHER_IDENTITY), epoch, atMs: 1_000 },
        { identityId, epoch: null, atMs: null },
      ];
      for (const caller of [...callers, ...callers]) await store.addCaller(uploadId, caller);
      const known = (await store.known(uploadId)).callers;
      expect(known).toHaveLength(3);
      expect(known).toEqual(expect.arrayContaining(callers));
    });

    it('lets one touch of an upload be the first, and gives the others what it brought', async () => {
      const store = await make();
      const { identityId, uploadId, epoch, epochStartedAt } = newStream();
      const version = { identityId, uploadId, epoch, epochStartedAt, sequencer: '0069' };
      const touch = { kind: 'version', version } as const;
      const touches = await Promise.all(Array.from({ length: 5 }, () => store.touch(uploadId, touch)));
      expect(touches.toSorted()).toEqual(['first', 'known', 'known', 'known', 'known']);
      const caller = { identityId, epoch, atMs: null };
      expect(await store.touch(uploadId, { kind: 'caller', caller })).toBe('known');
      expect(await store.known(uploadId)).toEqual({ callers: [], firstVersion: version });
    });

    it('knows the caller that touched an upload first', async () => {
      const store = await make();
      const { identityId, uploadId, epoch } = newStream();
      const caller = { identityId, epoch, atMs: 1_000 };
      expect(await store.touch(uploadId, { kind: 'caller', caller })).toBe('first');
      expect(await store.known(uploadId)).toEqual({ callers: [caller], firstVersion: undefined });
    });

    it('knows neither a caller nor a version of an upload that an execution waits for', async () => {
      const store = await make();
      const { uploadId } = newStream();
      expect(await store.touch(uploadId, { kind: 'waiting' })).toBe('first');
      expect(await store.known(uploadId)).toEqual({ callers: [], firstVersion: undefined });
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
