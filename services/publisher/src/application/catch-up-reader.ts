import type { CatchUpItem, CatchUpRequest, IdentityId } from '@stepcast/contracts';
import { planCatchUp } from '../domain/catch-up-plan.ts';
import type { StreamRef } from '../domain/positions.ts';
import type { Journal } from '../ports/journal.port.ts';

type Wanted = CatchUpRequest['uploads'][number];

/**
 * The items that answer for one upload: its state, then the events after the client's position, or why they cannot
 * follow. Events are checked as they are read: before a hole the stream of items says `expired` and ends.
 *
 * @param identityId from the topic that the broker authorised; nothing of another identity can be read with it
 * @throws JournalUnavailableError
 */
export async function* readCatchUp(
  journal: Journal,
  identityId: IdentityId,
  { uploadId, position }: Wanted,
): AsyncGenerator<CatchUpItem> {
  const newest = await journal.newestEpoch(identityId, uploadId);
  const stream: StreamRef | undefined =
    newest === undefined ? undefined : { identityId, uploadId, epoch: newest.epoch };
  const head = stream === undefined ? undefined : await journal.newestEntry(stream);
  const plan = planCatchUp(
    position,
    stream === undefined || head === undefined
      ? undefined
      : { epoch: stream.epoch, lastOffset: head.lastOffset },
  );
  if (head !== undefined) yield { kind: 'state', uploadId, state: head.state };
  if (plan.kind === 'upToDate') return;
  if (plan.kind === 'discontinuity' || stream === undefined) {
    yield {
      kind: 'discontinuity',
      uploadId,
      reason: plan.kind === 'discontinuity' ? plan.reason : 'unknownUpload',
    };
    return;
  }
  let expected = plan.from;
  for await (const entry of journal.entriesFrom(stream, plan.from)) {
    const events = entry.events.filter(({ offset }) => offset >= expected && offset <= plan.to);
    const [first] = events;
    if (first === undefined) {
      if (entry.firstOffset > plan.to) break;
      continue;
    }
    if (!events.every((event, index) => event.offset === expected + index)) break;
    yield {
      kind: 'events',
      uploadId,
      epoch: stream.epoch,
      epochStartedAt: entry.epochStartedAt,
      events: [...events],
    };
    expected += events.length;
    if (expected > plan.to) return;
  }
  yield { kind: 'discontinuity', uploadId, reason: 'expired' };
}
