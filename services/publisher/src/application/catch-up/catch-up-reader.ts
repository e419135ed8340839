import type { CatchUpRequest, IdentityId } from '@stepcast/contracts';
import { discontinuityItem, eventsItem, stateItem, type ItemText } from '../../domain/catch-up-pages.ts';
import { planCatchUp } from '../../domain/catch-up-plan.ts';
import type { StreamRef } from '../../domain/positions.ts';
import type { Journal } from '../../ports/journal.port.ts';
import { stateAfter } from '../stored-state.ts';

type Wanted = CatchUpRequest['uploads'][number];

/**
 * The items that answer for one upload: its state, then the entries after the client's position, or why they cannot
 * follow. Entries are whole: the first may begin before the position, and the client drops what it has. They are checked
 * as they are read: before a hole the stream of items says `expired` and ends.
 *
 * @param identityId from the topic that the broker authorised; nothing of another identity can be read with it
 * @throws JournalUnavailableError
 */
export async function* readCatchUp(
  journal: Journal,
  identityId: IdentityId,
  { uploadId, position }: Wanted,
): AsyncGenerator<ItemText> {
  const newest = await journal.newestEpoch(identityId, uploadId);
  const stream: StreamRef | undefined =
    newest === undefined ? undefined : { identityId, uploadId, epoch: newest.epoch };
  const entries = stream === undefined ? [] : await journal.sinceSnapshot(stream);
  const head = entries.at(-1);
  const plan = planCatchUp(
    position,
    stream === undefined || head === undefined
      ? undefined
      : { epoch: stream.epoch, lastOffset: head.lastOffset },
  );
  const state = stateAfter(entries);
  if (state !== undefined) yield stateItem(uploadId, state);
  else if (head !== undefined) {
    yield discontinuityItem(uploadId, 'expired');
    return;
  }
  if (plan.kind === 'upToDate') return;
  if (plan.kind === 'discontinuity' || newest === undefined || stream === undefined) {
    yield discontinuityItem(uploadId, plan.kind === 'discontinuity' ? plan.reason : 'unknownUpload');
    return;
  }
  let expected = plan.from;
  // Those that were read for the state need not be read again.
  const [first] = entries;
  const rest =
    first !== undefined && first.firstOffset <= expected ? entries : journal.entriesFrom(stream, expected);
  for await (const entry of rest) {
    if (entry.lastOffset < expected) continue;
    if (entry.firstOffset > expected) break;
    yield eventsItem(uploadId, newest, entry);
    expected = entry.lastOffset + 1;
    if (expected > plan.to) return;
  }
  yield discontinuityItem(uploadId, 'expired');
}
