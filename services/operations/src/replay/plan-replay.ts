import type { Operator } from '../operator.ts';
import { UnknownSubjectError } from '../errors.ts';
import { selectEntries, selectStreams, type Selection } from './plan.ts';

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

/** What a replay of a selection would publish; publishes nothing. @throws UsageError, UnknownSubjectError, AmbiguousSubjectError */
export async function planReplay(
  { table }: Pick<Operator, 'table'>,
  selection: Selection,
): Promise<ReplayPlan> {
  const planned = await selectStreams(table, selection);
  const streams: PlannedStream[] = [];
  for (const stream of planned.streams) {
    const { selected } = await selectEntries(table, stream, selection, planned.executionArn);
    const entries = [...selected];
    const [first, last] = [entries[0], entries.at(-1)];
    if (first === undefined || last === undefined) continue;
    streams.push({
      identityId: stream.identityId,
      uploadId: stream.uploadId,
      epoch: stream.epoch,
      firstOffset: first.firstOffset,
      lastOffset: last.lastOffset,
      messages: entries.length,
      bytes: entries.reduce((sum, { events }) => sum + Buffer.byteLength(events), 0),
      state: stream.newest,
    });
  }
  if (streams.length === 0) throw nothingToReplay(selection);
  return {
    messages: streams.reduce((sum, one) => sum + one.messages, 0),
    states: streams.filter(({ state }) => state).length,
    overviews: new Set(streams.map(({ identityId }) => identityId)).size,
    streams,
  };
}
