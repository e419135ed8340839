import { IdentityId, UploadId } from '@stepcast/contracts';
import type { StoredEntry } from '@stepcast/wire';
import type { OperatorTable } from '../ports.ts';
import { entriesOf, epochsOf, eventsOf, type StreamRef } from '../reading/streams.ts';
import { findUploads, type FoundUpload } from '../reading/uploads.ts';

/** What is to be replayed. Two runs with the same selection replay the same, in the same order. */
export interface Selection {
  /** What was named, in full; null: everybody. */
  readonly what: string | null;
  /** Only entries with events from this time on (ISO 8601). */
  readonly from: string | null;
  /** Only entries with events up to this time. Set when the replay begins, so that it ends. */
  readonly to: string;
  readonly allEpochs: boolean;
}

/** What the audit says that a replay is of. */
export function subjectOfReplay({ what, from, to }: Pick<Selection, 'what' | 'from' | 'to'>): string {
  return what ?? `everybody, ${from ?? 'from the beginning'} to ${to}`;
}

export interface SelectedStream extends StreamRef {
  readonly epochStartedAt: string;
  readonly newest: boolean;
}

/** The place of a stream in the order of a replay. */
export function placeOf({ identityId, uploadId, epochStartedAt, epoch }: SelectedStream): string {
  return `${identityId}#${uploadId}#${epochStartedAt}#${epoch}`;
}

/** How far a replay came: the stream that it was in, and the offset up to which it has published it. */
export interface Reached {
  readonly stream: string;
  readonly offset: number;
}

/** The offset up to which an earlier run published a stream; `all`: it was through with it. */
export function doneOf(stream: SelectedStream, reached: Reached | null): number | 'all' {
  const place = placeOf(stream);
  if (reached === null || place > reached.stream) return 0;
  return place === reached.stream ? reached.offset : 'all';
}

export interface Planned {
  /** What was named, in full; null: everybody. A beginning may stand for several by the time that a replay goes on. */
  readonly what: string | null;
  readonly streams: readonly SelectedStream[];
  /** Only entries in which this execution has events. */
  readonly executionArn: string | undefined;
}

/** The streams of a selection, in the order of {@link placeOf}. @throws UsageError, UnknownSubjectError, AmbiguousSubjectError */
export async function selectStreams(
  table: OperatorTable,
  { what, allEpochs }: Pick<Selection, 'what' | 'allEpochs'>,
): Promise<Planned> {
  const found = what === null ? undefined : await findUploads(table, what);
  const uploads = found?.uploads ?? (await everyUpload(table));
  const streams: SelectedStream[] = [];
  for (const upload of uploads) {
    const epochs = await epochsOf(table, upload.identityId, upload.uploadId);
    const wanted = allEpochs ? epochs : epochs.slice(-1);
    for (const { epoch, epochStartedAt } of wanted)
      streams.push({ ...upload, epoch, epochStartedAt, newest: epoch === epochs.at(-1)?.epoch });
  }
  return {
    what: found?.name ?? null,
    streams: streams.toSorted((one, other) => (placeOf(one) < placeOf(other) ? -1 : 1)),
    executionArn: found?.executionArn,
  };
}

async function everyUpload(table: OperatorTable): Promise<readonly FoundUpload[]> {
  const uploads = new Map<string, FoundUpload>();
  for await (const { pk } of table.scan({ pkPrefix: 'upload#' })) {
    const [, identity, upload] = pk.split('#');
    const identityId = IdentityId.safeParse(identity);
    const uploadId = UploadId.safeParse(upload);
    if (identityId.success && uploadId.success)
      uploads.set(pk, { identityId: identityId.data, uploadId: uploadId.data });
  }
  return [...uploads.values()];
}

/** The entries of a stream, and which of them are selected. */
export async function selectEntries(
  table: OperatorTable,
  stream: SelectedStream,
  { from, to }: Selection,
  executionArn: string | undefined,
): Promise<{ readonly entries: readonly StoredEntry[]; readonly selected: ReadonlySet<StoredEntry> }> {
  const entries = await entriesOf(table, stream);
  const selected = entries.filter((entry) =>
    eventsOf(entry).some(
      (event) =>
        (from === null || event.time >= from) &&
        event.time <= to &&
        (executionArn === undefined || event.executionArn === executionArn),
    ),
  );
  return { entries, selected: new Set(selected) };
}

/** Whether a selection has any entry at all; reads until it finds one. */
export async function selectsAnything(
  table: OperatorTable,
  { streams, executionArn }: Planned,
  selection: Selection,
): Promise<boolean> {
  for (const stream of streams)
    if ((await selectEntries(table, stream, selection, executionArn)).selected.size > 0) return true;
  return false;
}
