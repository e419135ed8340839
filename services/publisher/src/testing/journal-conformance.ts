import { BatchWriteItemCommand, PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { Offset, summaryOf, type IdentityId, type OverviewEntry } from '@stepcast/contracts';
import type { DynamoDb } from '@stepcast/kit/dynamodb';
import { entryAttributes, journalKeys, renderJson, type StoredEntry } from '@stepcast/wire';
import { createDynamoDbJournal } from '../adapters/dynamodb-journal.adapter.ts';
import { hasState, type EntryHandover } from '../domain/messages.ts';
import type { Journal } from '../ports/journal.port.ts';
import { createInMemoryJournal } from './in-memory-journal.ts';
import { identity, refOf, sampleHandover, sampleState, sampleStream, withoutState } from './samples.ts';

/** A journal, and the hand of the correlator, which writes entries and lines. */
export interface JournalSetup {
  readonly journal: Journal;
  readonly append: (handover: EntryHandover) => Promise<void>;
  readonly appendLine: (identityId: IdentityId, line: OverviewEntry) => Promise<void>;
}

/** A journal table at any endpoint that speaks DynamoDB. Nothing else may write into it meanwhile. */
export interface JournalTable {
  /** Writes as the correlator does. */
  readonly client: DynamoDBClient;
  /** Reads as the publisher does. */
  readonly dynamodb: DynamoDb;
  readonly tableName: string;
}

function storedOf(handover: EntryHandover): StoredEntry {
  const { firstOffset, lastOffset, source, events, truncated } = handover;
  return {
    firstOffset,
    lastOffset,
    source,
    events,
    truncated,
    snapshot: hasState(handover) ? { state: handover.state, checkpoint: '{}' } : undefined,
    cursor: undefined,
  };
}

export function journalOn({ client, dynamodb, tableName }: JournalTable): JournalSetup {
  return {
    journal: createDynamoDbJournal({ dynamodb, tableName }),
    async append(handover) {
      const { identityId, uploadId, epoch, epochStartedAt, firstOffset } = handover;
      const entry = journalKeys.entry(identityId, uploadId, epoch, firstOffset);
      const began = journalKeys.epoch(identityId, uploadId, epoch, epochStartedAt);
      const attributes = entryAttributes(storedOf(handover));
      await client.send(
        new BatchWriteItemCommand({
          RequestItems: {
            [tableName]: [
              { PutRequest: { Item: { pk: { S: entry.pk }, sk: { S: entry.sk }, ...attributes } } },
              { PutRequest: { Item: { pk: { S: began.pk }, sk: { S: began.sk } } } },
            ],
          },
        }),
      );
    },
    async appendLine(identityId, line) {
      const { pk, sk } = journalKeys.line(identityId, line);
      const Item = { pk: { S: pk }, sk: { S: sk }, line: { S: renderJson(line) } };
      await client.send(new PutItemCommand({ TableName: tableName, Item }));
    },
  };
}

export function journalInMemory(): JournalSetup {
  const memory = createInMemoryJournal();
  return {
    journal: memory.journal,
    append: (handover) => {
      memory.append(handover);
      return Promise.resolve();
    },
    appendLine: (identityId, line) => {
      memory.appendLine(identityId, line);
      return Promise.resolve();
    },
  };
}

async function all(entries: AsyncIterable<StoredEntry>): Promise<StoredEntry[]> {
  const list: StoredEntry[] = [];
  for await (const entry of entries) list.push(entry);
  return list;
}

export function describeJournal(name: string, setUp: () => JournalSetup): void {
  describe(`the journal in ${name}`, () => {
    it('knows the newest epoch and where its newest entry begins', async () => {
      const { journal, append } = setUp();
      const older = sampleStream(11, 'a', 'zzz', 1_700_000_000_000);
      const newer = sampleStream(11, 'a', 'aaa', 1_700_000_100_000);
      const { identityId, uploadId } = refOf(older);
      expect(await journal.newestEpoch(identityId, uploadId)).toBeUndefined();
      await append(sampleHandover(older, 1, 4));
      await append(sampleHandover(newer, 1, 2));
      await append(sampleHandover(newer, 3, 9));
      expect(await journal.newestEpoch(identityId, uploadId)).toEqual({
        epoch: 'aaa',
        epochStartedAt: newer.epochStartedAt,
      });
      expect(await journal.newestFirstOffset(refOf(newer))).toBe(3);
      expect(await journal.newestFirstOffset(refOf(sampleStream(1, 'a', 'none')))).toBeUndefined();
    });

    it('gives the newest entry with a snapshot and what follows it, in order, as it was written', async () => {
      const { journal, append } = setUp();
      const stream = sampleStream(13);
      expect(await journal.sinceSnapshot(refOf(stream))).toEqual([]);
      const written: EntryHandover[] = [];
      // More than a query is limited to lie between the last snapshot and the end.
      for (let offset = 1; offset <= 30; offset += 1) {
        const handover = { ...sampleHandover(stream, offset, offset), truncated: offset === 20 };
        written.push(offset === 1 || offset === 15 ? handover : withoutState(handover));
      }
      for (const handover of written) await append(handover);
      expect(await journal.sinceSnapshot(refOf(stream))).toEqual(written.slice(14).map(storedOf));
      await append(sampleHandover(stream, 31, 33));
      expect(await journal.sinceSnapshot(refOf(stream))).toEqual([storedOf(sampleHandover(stream, 31, 33))]);
    });

    it('begins with the entry that holds the offset and goes on in order over many pages', async () => {
      const { journal, append } = setUp();
      const stream = sampleStream(12);
      const filler = { projections: { text: 'z'.repeat(60_000) } };
      for (let first = 1; first <= 121; first += 5)
        await append(withoutState(sampleHandover(stream, first, first + 4, { event: filler })));
      const entries = await all(journal.entriesFrom(refOf(stream), 13));
      expect(entries[0]?.firstOffset).toBe(11);
      expect(entries.map(({ firstOffset }) => firstOffset)).toEqual(
        Array.from({ length: 23 }, (_unused, index) => 11 + index * 5),
      );
      expect(await all(journal.entriesFrom(refOf(stream), 126))).toEqual([]);
      expect((await all(journal.entriesFrom(refOf(stream), 1)))[0]?.firstOffset).toBe(1);
    });

    it('lists the newest line of every upload of an identity and of nobody else', async () => {
      const { journal, appendLine } = setUp();
      const lineOf = (name: string, epoch: string, startedMs: number, offset: number) =>
        summaryOf(sampleState(sampleStream(22, name, epoch, startedMs), offset));
      for (let upload = 0; upload < 30; upload += 1)
        await appendLine(identity(22), lineOf(`${upload}`, 'e1', 1_700_000_000_000, 1));
      await appendLine(identity(22), lineOf('7', 'e1', 1_700_000_000_000, 12));
      await appendLine(identity(22), lineOf('7', 'e1', 1_700_000_000_000, 9));
      await appendLine(identity(22), lineOf('8', 'e0', 1_700_000_100_000, 1));
      await appendLine(identity(23), summaryOf(sampleState(sampleStream(23), 1)));
      const { lines, complete, pages } = await journal.lines(identity(22));
      expect({ complete, pages }).toEqual({ complete: true, pages: 1 });
      expect(lines).toHaveLength(30);
      const positions = new Set(lines.map(({ position }) => `${position.epoch} ${position.offset}`));
      expect(positions).toEqual(new Set(['e1 1', 'e1 12', 'e0 1']));
      expect((await journal.lines(identity(24))).lines).toEqual([]);
    });
  });
}

export function describeBrokenJournal(name: string, tableOf: () => JournalTable): void {
  describe(`a broken journal in ${name}`, () => {
    it('is an error that says what is broken and that trying again does not help', async () => {
      const { client, tableName } = tableOf();
      const { journal, append } = journalOn(tableOf());
      const stream = sampleStream(31);
      const { identityId, uploadId, epoch } = refOf(stream);
      await append(sampleHandover(stream, 1, 1));
      const { pk, sk } = journalKeys.entry(identityId, uploadId, epoch, Offset.parse(2));
      const Item = { pk: { S: pk }, sk: { S: sk }, events: { S: '{}' } };
      await client.send(new PutItemCommand({ TableName: tableName, Item }));
      const message: unknown = expect.stringContaining('lastOffset');
      await expect(journal.sinceSnapshot(refOf(stream))).rejects.toMatchObject({
        code: 'PUBLISHER_JOURNAL_UNAVAILABLE',
        message,
        retryable: false,
      });
    });

    it('leaves a line out that does not read, and says that it is not complete', async () => {
      const { client, tableName } = tableOf();
      const { journal, appendLine } = journalOn(tableOf());
      const line = summaryOf(sampleState(sampleStream(32), 1));
      await appendLine(identity(32), line);
      const { pk, sk } = journalKeys.line(identity(32), summaryOf(sampleState(sampleStream(32, 'other'), 1)));
      const Item = { pk: { S: pk }, sk: { S: sk }, line: { S: '{}' } };
      await client.send(new PutItemCommand({ TableName: tableName, Item }));
      expect(await journal.lines(identity(32))).toMatchObject({ lines: [line], complete: false });
    });

    it('that is not there yet is waited for', async () => {
      const { dynamodb } = tableOf();
      const away = createDynamoDbJournal({ dynamodb, tableName: 'not-there' });
      await expect(away.newestFirstOffset(refOf(sampleStream()))).rejects.toMatchObject({ retryable: true });
    });
  });
}
