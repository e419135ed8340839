import { JournalEntryBody, journalKeys } from '@stepcast/wire';
import type { Journal } from '../ports/journal.port.ts';
import { readBody, type Table } from './dynamo-table.ts';

/** The streams in DynamoDB: layout in `journal-items.ts` of the contracts, which the publisher reads. */
export function createDynamoJournal(table: Table): Journal {
  return {
    async head(stream) {
      const { pk } = journalKeys.entry(stream.identityId, stream.uploadId, stream.epoch, 0);
      const [newest] = await table.query(pk, { newestFirst: true, limit: 1 });
      if (newest === undefined) return undefined;
      return { stream, firstOffset: Number(newest.sk), body: readBody(JournalEntryBody, newest) };
    },
    async append({ stream, firstOffset, body }) {
      const key = journalKeys.entry(stream.identityId, stream.uploadId, stream.epoch, firstOffset);
      return (await table.put(key, body, { ifAbsent: true })) ? 'written' : 'taken';
    },
  };
}
