import { BatchWriteItemCommand, PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from '@jest/globals';
import { Offset, type OverviewEntry } from '@stepcast/contracts';
import { journalKeys, type Handover } from '@stepcast/wire';
import { systemClock } from '@stepcast/kit';
import type { DynamoDb } from '@stepcast/kit/dynamodb';
import { createDynamoDbJournal, createDynamoDbSummaries } from '../adapters/dynamodb-journal.adapter.ts';
import { summaryOf } from '../domain/positions.ts';
import type { Journal, JournalEntry, UploadSummaries } from '../ports/journal.port.ts';
import { createInMemoryJournal } from './in-memory-journal.ts';
import { identity, sampleHandover, sampleState, sampleStream, uploadOf } from './samples.ts';

/** A journal, its summaries, and the hand of the correlator, which writes entries. */
export interface JournalSetup {
  readonly journal: Journal;
  readonly summaries: UploadSummaries;
  readonly append: (handover: Handover) => Promise<void>;
}

/** A journal table at any endpoint that speaks DynamoDB. Nothing else may write into it meanwhile. */
export interface JournalTable {
  /** Writes entries, as the correlator does. */
  readonly client: DynamoDBClient;
  /** Reads, and writes summaries, as the publisher does. */
  readonly dynamodb: DynamoDb;
  readonly tableName: string;
}

export function journalOn({ client, dynamodb, tableName }: JournalTable): JournalSetup {
  const options = { dynamodb, tableName, clock: systemClock, summaryRetentionSeconds: 86_400 };
  return {
    journal: createDynamoDbJournal(options),
    summaries: createDynamoDbSummaries(options),
    async append({ source, progress, state }) {
      const { identityId, uploadId, epoch, epochStartedAt, firstOffset, events } = progress;
      const entry = journalKeys.entry(identityId, uploadId, epoch, firstOffset);
      const began = journalKeys.epoch(identityId, uploadId, epoch, epochStartedAt);
      const body = JSON.stringify({ source, epochStartedAt, events, state });
      await client.send(
        new BatchWriteItemCommand({
          RequestItems: {
            [tableName]: [
              { PutRequest: { Item: { pk: { S: entry.pk }, sk: { S: entry.sk }, body: { S: body } } } },
              { PutRequest: { Item: { pk: { S: began.pk }, sk: { S: began.sk } } } },
            ],
          },
        }),
      );
    },
  };
}

export function journalInMemory(): JournalSetup {
  const memory = createInMemoryJournal();
  return {
    journal: memory.journal,
    summaries: memory.summaries,
    append: (handover) => {
      memory.append(handover);
      return Promise.resolve();
    },
  };
}

async function all(entries: AsyncIterable<JournalEntry>): Promise<JournalEntry[]> {
  const list: JournalEntry[] = [];
  for await (const entry of entries) list.push(entry);
  return list;
}

/** What readers of the journal rely on, whatever it is kept in. */
export function describeJournal(name: string, setUp: () => JournalSetup): void {
  describe(`the journal in ${name}`, () => {
    it('knows the newest epoch and its newest entry', async () => {
      const { journal, append } = setUp();
      const older = sampleStream(11, 'a', 'zzz', 1_700_000_000_000);
      const newer = sampleStream(11, 'a', 'aaa', 1_700_000_100_000);
      const ref = { identityId: older.identityId, uploadId: uploadOf(older) };
      expect(await journal.newestEpoch(ref.identityId, ref.uploadId)).toBeUndefined();
      await append(sampleHandover(older, 1, 4));
      await append(sampleHandover(newer, 1, 2));
      await append(sampleHandover(newer, 3, 9));
      expect(await journal.newestEpoch(ref.identityId, ref.uploadId)).toEqual({
        epoch: 'aaa',
        epochStartedAt: newer.epochStartedAt,
      });
      expect(await journal.newestEntry({ ...ref, epoch: newer.epoch })).toMatchObject({
        firstOffset: 3,
        lastOffset: 9,
        state: { position: { offset: 9 } },
      });
      expect(await journal.newestFirstOffset({ ...ref, epoch: newer.epoch })).toBe(3);
      const none = { ...ref, epoch: sampleStream(1, 'a', 'none').epoch };
      expect(await journal.newestEntry(none)).toBeUndefined();
      expect(await journal.newestFirstOffset(none)).toBeUndefined();
    });

    it('begins with the entry that holds the offset and goes on in order over many pages', async () => {
      const { journal, append } = setUp();
      const stream = sampleStream(12);
      const ref = { identityId: stream.identityId, uploadId: uploadOf(stream), epoch: stream.epoch };
      const filler = { projections: { text: 'z'.repeat(60_000) } };
      for (let first = 1; first <= 121; first += 5)
        await append(sampleHandover(stream, first, first + 4, { event: filler }));
      const entries = await all(journal.entriesFrom(ref, 13));
      expect(entries[0]?.firstOffset).toBe(11);
      expect(entries.map(({ firstOffset }) => firstOffset)).toEqual(
        Array.from({ length: 23 }, (_unused, index) => 11 + index * 5),
      );
      expect(await all(journal.entriesFrom(ref, 126))).toEqual([]);
      expect((await all(journal.entriesFrom(ref, 1)))[0]?.firstOffset).toBe(1);
    });
  });
}

/** What the overview relies on, whatever its lines are kept in. */
export function describeSummaries(name: string, setUp: () => JournalSetup): void {
  describe(`the summaries in ${name}`, () => {
    const entry = (epoch: string, startedMs: number, offset: number): OverviewEntry =>
      summaryOf(sampleState(sampleStream(21, 's', epoch, startedMs), offset));

    it('never take an older position of the same epoch, nor an older epoch', async () => {
      const { summaries } = setUp();
      const id = identity(21);
      const { uploadId } = entry('e1', 1_700_000_000_000, 1);
      const write = (epoch: string, startedMs: number, offset: number) =>
        summaries.write(id, entry(epoch, startedMs, offset));
      expect(await summaries.read(id, uploadId)).toBeUndefined();
      expect(await write('e1', 1_700_000_000_000, 5)).toBe('written');
      expect(await write('e1', 1_700_000_000_000, 4)).toBe('newerExists');
      expect(await write('e1', 1_700_000_000_000, 5)).toBe('newerExists');
      expect(await write('e1', 1_700_000_000_000, 6)).toBe('written');
      expect(await write('e0', 1_600_000_000_000, 99)).toBe('newerExists');
      expect(await write('e2', 1_700_000_050_000, 1)).toBe('written');
      expect(await write('e1', 1_700_000_000_000, 7)).toBe('newerExists');
      expect(await summaries.read(id, uploadId)).toMatchObject({ position: { epoch: 'e2', offset: 1 } });
    });

    it('list every upload of an identity and of nobody else', async () => {
      const { summaries } = setUp();
      for (let upload = 0; upload < 30; upload += 1)
        await summaries.write(identity(22), summaryOf(sampleState(sampleStream(22, `${upload}`), 1)));
      await summaries.write(identity(23), summaryOf(sampleState(sampleStream(23), 1)));
      const { entries, complete } = await summaries.readAll(identity(22));
      expect(entries).toHaveLength(30);
      expect(complete).toBe(true);
    });
  });
}

/** What only a table can have: items that are no entries, or no table. */
export function describeBrokenJournal(name: string, setUp: () => JournalTable): void {
  describe(`a broken journal in ${name}`, () => {
    it('is an error that says what is broken and that trying again does not help', async () => {
      const { client, dynamodb, tableName } = setUp();
      const { journal, append } = journalOn(setUp());
      const stream = sampleStream(31);
      const ref = { identityId: stream.identityId, uploadId: uploadOf(stream), epoch: stream.epoch };
      await append(sampleHandover(stream, 1, 1));
      const { pk, sk } = journalKeys.entry(ref.identityId, ref.uploadId, ref.epoch, Offset.parse(2));
      await client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: { pk: { S: pk }, sk: { S: sk }, body: { S: '{}' } },
        }),
      );
      await expect(journal.newestEntry(ref)).rejects.toMatchObject({
        code: 'PUBLISHER_JOURNAL_UNAVAILABLE',
        retryable: false,
      });
      const away = createDynamoDbJournal({
        dynamodb,
        tableName: 'not-there',
        clock: systemClock,
        summaryRetentionSeconds: 1,
      });
      await expect(away.newestEntry(ref)).rejects.toMatchObject({ retryable: false });
    });
  });
}
