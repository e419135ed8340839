import { describeIssues } from '@stepcast/contracts';
import type { Clock } from '@stepcast/kit';
import {
  entryAttributes,
  JOURNAL_KEYS,
  journalKeys,
  readEntry,
  renderJson,
  type StoredEntry,
} from '@stepcast/wire';
import type { Journal } from '../ports/journal.port.ts';
import type { StoredItem, Table } from './dynamo-table.ts';
import { planEnrolment } from './enrolment-periods.ts';
import { StoredItemError } from './store-error.ts';

/** A snapshot is written at least every tenth entry, so one page usually reaches one. */
const TAIL_PAGE = 10;

function entryOf(item: StoredItem): StoredEntry {
  const parsed = readEntry(item.attributes);
  if (parsed.ok) return parsed.value;
  throw new StoredItemError(`item ${item.pk} ${item.sk} does not read: ${describeIssues(parsed.issues)}`);
}

/** The streams in DynamoDB. Their layout is in `journal-items.ts` of wire, for the publisher reads it. */
export function createDynamoJournal(table: Table, clock: Clock): Journal {
  return {
    async tail({ identityId, uploadId, epoch }) {
      const entries: StoredEntry[] = [];
      const stream = journalKeys.stream(identityId, uploadId, epoch);
      for await (const page of table.pages(stream, { newestFirst: true, limit: TAIL_PAGE })) {
        for (const item of page) {
          const entry = entryOf(item);
          entries.push(entry);
          if (entry.snapshot !== undefined) return entries.reverse();
        }
      }
      return entries.reverse();
    },
    append({ identityId, uploadId, epoch }, entry) {
      return table.insert(
        journalKeys.entry(identityId, uploadId, epoch, entry.firstOffset),
        entryAttributes(entry),
      );
    },
    async enrol(identityId) {
      const { period, nextPeriod, lifetimeMs, untilMs } = planEnrolment(clock.nowMs(), table.retentionMs);
      const insert = (number: number) =>
        table.insert(journalKeys.identityRoot(identityId, number), {}, lifetimeMs);
      const [inserted] = await Promise.all([
        insert(period),
        nextPeriod === undefined ? undefined : insert(nextPeriod),
      ]);
      return { isNew: inserted === 'written', untilMs };
    },
    async addLine(identityId, line) {
      await table.insert(journalKeys.line(identityId, line), {
        [JOURNAL_KEYS.line]: { S: renderJson(line) },
      });
    },
  };
}
