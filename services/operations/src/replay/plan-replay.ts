import type { Operator } from '../operator.ts';
import { UnknownSubjectError } from '../errors.ts';
import { doneOf, selectEntries, selectStreams, type Reached, type Selection } from './plan.ts';

export interface PlannedStream {
  readonly identityId: string;
  readonly uploadId: string;
  readonly epoch: string;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly messages: number;
  /** Of the events, without their envelopes. */
  readonly bytes: number;
  /** Whether its state is restored too: it is the newest version. */
  readonly state: boolean;
}

/** What a replay would publish. */
export interface ReplayPlan {
  /** What was named, in full; null: everybody. */
  readonly what: string | null;
  readonly messages: number;
  readonly states: number;
  readonly overviews: number;
  readonly streams: readonly PlannedStream[];
}

/** Says that a selection is empty. */
export function nothingToReplay({ what, from, to }: Selection): UnknownSubjectError {
  return new UnknownSubjectError(
    `nothing to replay: ${what ?? 'the journal'} has no entry${from === null ? '' : ` from ${from}`} up to ${to}`,
  );
}

/**
 * What a replay of a selection would publish; publishes nothing.
 * @param reached where an earlier run came to: what it published is left out
 * @throws UsageError, UnknownSubjectError, AmbiguousSubjectError
 */
export async function planReplay(
  { table }: Pick<Operator, 'table'>,
  selection: Selection,
  reached: Reached | null = null,
): Promise<ReplayPlan> {
  const planned = await selectStreams(table, selection);
  const streams: PlannedStream[] = [];
  const identities = new Set<string>();
  for (const stream of planned.streams) {
    const doneUpTo = doneOf(stream, reached);
    // The overviews come last, so none is restored yet.
    if (doneUpTo === 'all') {
      identities.add(stream.identityId);
      continue;
    }
    const { selected } = await selectEntries(table, stream, selection, planned.executionArn);
    const last = [...selected].at(-1);
    if (last === undefined) continue;
    identities.add(stream.identityId);
    const entries = [...selected].filter(({ lastOffset }) => lastOffset > doneUpTo);
    streams.push({
      identityId: stream.identityId,
      uploadId: stream.uploadId,
      epoch: stream.epoch,
      firstOffset: (entries[0] ?? last).firstOffset,
      lastOffset: last.lastOffset,
      messages: entries.length,
      bytes: entries.reduce((sum, { events }) => sum + Buffer.byteLength(events), 0),
      state: stream.newest,
    });
  }
  if (streams.length === 0 && reached === null) throw nothingToReplay(selection);
  return {
    what: planned.what,
    messages: streams.reduce((sum, one) => sum + one.messages, 0),
    states: streams.filter(({ state }) => state).length,
    overviews: identities.size,
    streams,
  };
}
