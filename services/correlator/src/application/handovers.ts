import { offsetOf, summaryOf, type StreamMeta } from '@stepcast/contracts';
import type { Handover, StoredEntry } from '@stepcast/wire';
import type { PlannedEntry } from '../domain/entry-planner.ts';
import { renderState } from '../domain/render-state.ts';
import type { StreamHead } from '../domain/stream-head.ts';

/** An entry that was just written. @param state JSON text, when a retained state is due */
export function handoverOfEntry(meta: StreamMeta, entry: PlannedEntry, state: string | undefined): Handover {
  return {
    identityId: meta.identityId,
    uploadId: meta.uploadId,
    epoch: meta.epoch,
    epochStartedAt: meta.epochStartedAt,
    source: entry.source,
    firstOffset: offsetOf(entry.firstOffset),
    lastOffset: offsetOf(entry.lastOffset),
    line: entry.line,
    oldestEventAt: entry.oldestEventAt,
    truncated: entry.truncated,
    events: entry.events,
    state,
  };
}

/** The newest entry of a head that was read from the journal, with the state after it. */
export function handoverOfStored(head: StreamHead, entry: StoredEntry): Handover {
  return {
    ...handoverOfState(head),
    source: entry.source,
    firstOffset: offsetOf(entry.firstOffset),
    truncated: entry.truncated,
    events: entry.events,
  };
}

/** The state of a stream alone. */
export function handoverOfState({ meta, state, lastOffset }: StreamHead): Handover {
  return {
    identityId: meta.identityId,
    uploadId: meta.uploadId,
    epoch: meta.epoch,
    epochStartedAt: meta.epochStartedAt,
    source: 'stepcast',
    firstOffset: offsetOf(lastOffset),
    lastOffset: offsetOf(lastOffset),
    line: summaryOf(state),
    // The newest event's time: that of the oldest of the entry would have to be parsed for.
    oldestEventAt: state.updatedAt,
    truncated: false,
    events: undefined,
    state: renderState(state),
  };
}
