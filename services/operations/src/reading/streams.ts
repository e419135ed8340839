import {
  applyEvent,
  compareEpochs,
  describeIssues,
  Epoch,
  mutableCopyOf,
  OverviewEntry,
  parseJson,
  ProgressEvent,
  UploadState,
  type IdentityId,
  type StartedEpoch,
  type UploadId,
} from '@stepcast/contracts';
import { JOURNAL_KEYS, journalKeys, LINE_PREFIX, readEntry, type StoredEntry } from '@stepcast/wire';
import * as z from 'zod/mini';
import { DataInvalidError } from '../errors.ts';
import type { OperatorTable, TableItem } from '../ports.ts';
import { textOf } from './items.ts';

const Events = z.array(ProgressEvent);

export interface StreamRef {
  readonly identityId: IdentityId;
  readonly uploadId: UploadId;
  readonly epoch: Epoch;
}

export interface EpochOfUpload extends StartedEpoch {
  readonly epoch: Epoch;
}

/** The versions of an identity's upload, oldest first. */
export async function epochsOf(
  table: Pick<OperatorTable, 'query'>,
  identityId: IdentityId,
  uploadId: UploadId,
): Promise<readonly EpochOfUpload[]> {
  const epochs: EpochOfUpload[] = [];
  for await (const { pk, sk } of table.query(journalKeys.upload(identityId, uploadId))) {
    const separator = sk.lastIndexOf('#');
    const epoch = Epoch.safeParse(sk.slice(separator + 1));
    if (!epoch.success) throw new DataInvalidError(`item ${pk} ${sk} of the journal table names no epoch`);
    epochs.push({ epoch: epoch.data, epochStartedAt: sk.slice(0, separator) });
  }
  return epochs.sort(compareEpochs);
}

export function entryOf(item: TableItem): StoredEntry {
  const entry = readEntry(item.attributes);
  if (entry.ok) return entry.value;
  throw new DataInvalidError(
    `item ${item.pk} ${item.sk} of the journal table is no entry: ${describeIssues(entry.issues)}`,
  );
}

/** The entries of a stream, oldest first. */
export async function entriesOf(
  table: Pick<OperatorTable, 'query'>,
  { identityId, uploadId, epoch }: StreamRef,
): Promise<readonly StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for await (const item of table.query(journalKeys.stream(identityId, uploadId, epoch)))
    entries.push(entryOf(item));
  return entries;
}

/** The events of an entry. @throws DataInvalidError */
export function eventsOf({ events, firstOffset }: StoredEntry): readonly ProgressEvent[] {
  const parsed = parseJson(Events, events);
  if (parsed.ok) return parsed.value;
  throw new DataInvalidError(
    `the entry at offset ${firstOffset} does not read: ${describeIssues(parsed.issues)}`,
  );
}

/** The state after the last entry; `undefined` when no snapshot is left to begin with. @throws DataInvalidError */
export function stateOf(entries: readonly StoredEntry[]): UploadState | undefined {
  const at = entries.findLastIndex(({ snapshot }) => snapshot !== undefined);
  const snapshot = entries[at]?.snapshot;
  if (snapshot === undefined) return undefined;
  const parsed = parseJson(UploadState, snapshot.state);
  if (!parsed.ok) throw new DataInvalidError(`a snapshot does not read: ${describeIssues(parsed.issues)}`);
  const state = mutableCopyOf(parsed.value);
  for (const entry of entries.slice(at + 1)) for (const event of eventsOf(entry)) applyEvent(state, event);
  return state;
}

/** Where the offsets of a stream have holes: the journal's oldest entries expired, or somebody deleted some. */
export function holesIn(entries: readonly StoredEntry[]): readonly (readonly [number, number])[] {
  const holes: (readonly [number, number])[] = [];
  let expected = 1;
  for (const { firstOffset, lastOffset } of entries) {
    if (firstOffset > expected) holes.push([expected, firstOffset - 1]);
    expected = lastOffset + 1;
  }
  return holes;
}

/** The newest line of each upload of an identity, newest upload first. */
export async function linesOf(
  table: Pick<OperatorTable, 'query'>,
  identityId: IdentityId,
): Promise<readonly OverviewEntry[]> {
  const newest = new Map<UploadId, OverviewEntry>();
  for await (const item of table.query(journalKeys.identity(identityId), { prefix: LINE_PREFIX })) {
    const line = parseJson(OverviewEntry, textOf(item, JOURNAL_KEYS.line));
    // In order of sort key, so that of several lines of an upload the last counts.
    if (line.ok) newest.set(line.value.uploadId, line.value);
  }
  return [...newest.values()].sort((a, b) => (a.epochStartedAt < b.epochStartedAt ? 1 : -1));
}
