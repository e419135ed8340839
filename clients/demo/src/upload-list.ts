import type { OverviewEntry, UploadId } from '@stepcast/contracts';
import type { EarlierUpload, UploadWatch } from '@stepcast/web';
import { nameOfKey } from './format.ts';
import type { UploadNotes } from './notes.ts';
import type { Upload } from './upload-view.ts';

/** One upload with what only the page needs of it. */
export interface ListedUpload extends Upload {
  readonly uploadId: UploadId;
  readonly key: string;
  /** Milliseconds since the epoch; the list is in this order. */
  readonly begunAtMs: number;
  /** What follows it, with its events; undefined until it is followed. */
  readonly watch: UploadWatch | undefined;
  /** `data:` URL. */
  readonly thumbnail: string | undefined;
  /** Whether it was begun in this page, rather than found. */
  readonly mine: boolean;
}

/** Uploads that a list shows at first, and adds each time. */
export const LIST_PAGE = 10;

/** The newest first; of the same moment, by key. The order is the same, whichever upload becomes known first. */
export function inOrder(uploads: Iterable<ListedUpload>): readonly ListedUpload[] {
  return [...uploads].sort((one, other) =>
    one.begunAtMs === other.begunAtMs ? (one.key < other.key ? -1 : 1) : other.begunAtMs - one.begunAtMs,
  );
}

const found = {
  transfer: { phase: 'known' },
  state: undefined,
  waiting: undefined,
  watch: undefined,
  mine: false,
} as const;

/** An upload that a line of the overview tells of. What is known of it already stays. */
export function fromOverview(
  entry: OverviewEntry,
  known: ListedUpload | undefined,
  notes: Pick<UploadNotes, 'of'>,
): ListedUpload {
  const note = notes.of(entry.uploadId);
  const begunAtMs = note?.begunAtMs ?? Date.parse(entry.epochStartedAt);
  if (known !== undefined)
    return { ...known, status: entry.status, begunAtMs: known.mine ? known.begunAtMs : begunAtMs };
  return {
    ...found,
    uploadId: entry.uploadId,
    key: entry.key,
    name: nameOfKey(entry.key),
    size: note?.size,
    status: entry.status,
    begunAtMs,
    thumbnail: thumbnailIn(note),
  };
}

/** An upload that S3 has. What the overview says of it comes first. */
export function fromStorage(
  stored: EarlierUpload,
  known: ListedUpload | undefined,
  notes: Pick<UploadNotes, 'of'>,
): ListedUpload {
  if (known !== undefined) return { ...known, size: stored.sizeBytes };
  const note = notes.of(stored.uploadId);
  return {
    ...found,
    uploadId: stored.uploadId,
    key: stored.key,
    name: nameOfKey(stored.key),
    size: stored.sizeBytes,
    status: undefined,
    begunAtMs: note?.begunAtMs ?? Date.parse(stored.uploadedAt),
    thumbnail: thumbnailIn(note),
  };
}

const thumbnailIn = (note: { readonly thumbnail: string } | undefined) =>
  note === undefined || note.thumbnail === '' ? undefined : note.thumbnail;
