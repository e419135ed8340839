import { parseJson, type UploadId } from '@stepcast/contracts';
import * as z from 'zod/mini';

/** What only this browser knows of an upload. */
const Note = z.object({
  /** When the file was chosen, in milliseconds since the epoch. */
  begunAtMs: z.number(),
  size: z.number(),
  /** `data:` URL of a few kilobytes; empty where there is no picture. */
  thumbnail: z.string(),
});
export type Note = z.infer<typeof Note>;

const Notes = z.record(z.string(), Note);

const ITEM = 'stepcast.demo.uploads';
/** Of the five megabytes that a browser gives a page. */
const MAX_CHARACTERS = 1_500_000;

/**
 * Notes over a reload and in new tabs, in one item of the storage; the oldest go first. They stay after a sign-out: the people of the
 * sandbox are made up. An app for real people would forget them then.
 */
export function uploadNotes(storage: Storage) {
  let notes: Readonly<Record<string, Note>> = read(storage);
  return {
    of: (uploadId: UploadId): Note | undefined => notes[uploadId],
    save(uploadId: UploadId, note: Note): void {
      // Another tab may have written meanwhile.
      notes = withinBound({ ...read(storage), [uploadId]: note });
      try {
        storage.setItem(ITEM, JSON.stringify(notes));
      } catch {
        // Full or forbidden: after a reload there is a plain mark in the place of a thumbnail.
      }
    },
  };
}
export type UploadNotes = ReturnType<typeof uploadNotes>;

function read(storage: Storage): Readonly<Record<string, Note>> {
  const stored = parseJson(Notes, storage.getItem(ITEM) ?? '{}');
  return stored.ok ? stored.value : {};
}

function withinBound(notes: Readonly<Record<string, Note>>): Readonly<Record<string, Note>> {
  let room = MAX_CHARACTERS;
  const newest = Object.entries(notes).sort(([, one], [, other]) => other.begunAtMs - one.begunAtMs);
  return Object.fromEntries(
    newest.filter(([, { thumbnail }]) => {
      room -= thumbnail.length + 120;
      return room >= 0;
    }),
  );
}
