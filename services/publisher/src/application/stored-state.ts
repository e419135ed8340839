import {
  applyEvent,
  mutableCopyOf,
  offsetOf,
  parseJson,
  ProgressEvent,
  summaryOf,
  UploadState,
  type IdentityId,
  type UploadId,
} from '@stepcast/contracts';
import { renderState, type StoredEntry } from '@stepcast/wire';
import * as z from 'zod/mini';
import type { StateToPublish } from '../domain/messages.ts';
import { isNewer, type Place } from '../domain/positions.ts';
import { JournalUnavailableError, type Journal } from '../ports/journal.port.ts';

const Events = z.array(ProgressEvent);

function parsed<S extends z.core.$ZodType>(schema: S, text: string): z.output<S> {
  const result = parseJson(schema, text);
  if (result.ok) return result.value;
  throw new JournalUnavailableError('an entry does not read', { retryable: false });
}

/**
 * The state after entries, as JSON text: that of the snapshot they begin with, folded forward. Nothing is parsed where
 * the newest entry has the snapshot, as at every end.
 * @returns `undefined` when they begin with no snapshot
 * @throws JournalUnavailableError when a text does not read
 */
export function stateAfter([first, ...later]: readonly StoredEntry[]): string | undefined {
  if (first?.snapshot === undefined) return undefined;
  if (later.length === 0) return first.snapshot.state;
  const state = mutableCopyOf(parsed(UploadState, first.snapshot.state));
  for (const { events } of later) for (const event of parsed(Events, events)) applyEvent(state, event);
  return renderState(state);
}

/**
 * The state of the newest version of an upload, if the journal is beyond `than` (`undefined`: in any case). What is not costs two small reads.
 * @throws JournalUnavailableError
 */
export async function readNewerState(
  journal: Journal,
  upload: { readonly identityId: IdentityId; readonly uploadId: UploadId },
  than: Place | undefined,
): Promise<StateToPublish | undefined> {
  const { identityId, uploadId } = upload;
  const newest = await journal.newestEpoch(identityId, uploadId);
  if (newest === undefined) return undefined;
  const { epoch, epochStartedAt } = newest;
  const stream = { identityId, uploadId, epoch };
  const offset = await journal.newestFirstOffset(stream);
  if (offset === undefined || !isNewer({ epochStartedAt, position: { epoch, offset } }, than))
    return undefined;
  const entries = await journal.sinceSnapshot(stream);
  const last = entries.at(-1);
  const state = stateAfter(entries);
  if (last === undefined || state === undefined) return undefined;
  const { source } = last;
  const lastOffset = offsetOf(last.lastOffset);
  return { uploadId, epoch, lastOffset, source, line: summaryOf(parsed(UploadState, state)), state };
}
