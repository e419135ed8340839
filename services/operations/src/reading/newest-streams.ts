import { IdentityId, OverviewEntry, parseJson } from '@stepcast/contracts';
import { JOURNAL_KEYS, LINE_PREFIX } from '@stepcast/wire';
import type { OperatorTable } from '../ports.ts';
import { textOf } from './items.ts';

export interface NewestStreams {
  readonly streams: readonly (OverviewEntry & { readonly identityId: IdentityId })[];
  /** Whether there are more than were read. */
  readonly more: boolean;
}

/** Lines that are read at most: a large table has too many to read all of them for a page. */
const MAX_LINES = 5_000;

/** The streams of everybody that changed last, newest first, by a scan of the table that ends in time. */
export async function newestStreams(
  table: Pick<OperatorTable, 'scan'>,
  limit: number,
): Promise<NewestStreams> {
  const newest = new Map<string, NewestStreams['streams'][number]>();
  let read = 0;
  for await (const item of table.scan({ pkPrefix: 'identity#', skPrefix: LINE_PREFIX })) {
    read += 1;
    const identityId = IdentityId.safeParse(item.pk.slice('identity#'.length));
    const line = parseJson(OverviewEntry, textOf(item, JOURNAL_KEYS.line));
    // In order of sort key, so that of several lines of an upload the last counts.
    if (identityId.success && line.ok)
      newest.set(`${item.pk}#${line.value.uploadId}`, { ...line.value, identityId: identityId.data });
    if (read >= MAX_LINES) break;
  }
  const streams = [...newest.values()].toSorted((one, other) => (one.updatedAt < other.updatedAt ? 1 : -1));
  return { streams: streams.slice(0, limit), more: read >= MAX_LINES || streams.length > limit };
}
