import {
  applyEvent,
  emptyState,
  mutableCopyOf,
  parseJson,
  UploadState,
  type IdentityId,
} from '@stepcast/contracts';
import { pause, type Clock, type Timers } from '@stepcast/kit';
import type { StoredEntry } from '@stepcast/wire';
import type { Operator } from '../operator.ts';
import type { BrokerConnection } from '../ports.ts';
import { entriesOf, epochsOf, eventsOf, linesOf, stateOf } from '../reading/streams.ts';
import { currentOverview, currentState, replayedProgress, type Frame } from './messages.ts';
import {
  doneOf,
  selectEntries,
  type Planned,
  type Reached,
  type SelectedStream,
  type Selection,
} from './plan.ts';

export interface ReplayReport {
  readonly streams: number;
  readonly messages: number;
  readonly events: number;
  readonly states: number;
  readonly overviews: number;
}

export interface ReplaySteps {
  /** Called after each acknowledged message. @param share of the stream's messages, from 0 to 1, that are published now */
  onPublished(stream: SelectedStream, lastOffset: number, share: number): Promise<void>;
  /** Called when a stream begins: how many are done, how many there are. */
  onStream(done: number, all: number): void;
  /** Called after each overview that was restored. */
  onOverview?(identityId: IdentityId): void;
}

export interface ReplayOptions {
  readonly selection: Selection;
  readonly planned: Planned;
  /** Where an earlier run came to. */
  readonly reached: Reached | null;
  /** The last identity whose overview an earlier run restored. Default: none was. */
  readonly restored?: IdentityId | null;
  /** Messages per second. */
  readonly rate: number;
  readonly steps: ReplaySteps;
  readonly signal: AbortSignal;
}

/** Spreads messages evenly over time. */
function createPace(rate: number, clock: Clock, timers: Timers, signal: AbortSignal): () => Promise<void> {
  let nextMs = clock.nowMs();
  return async () => {
    const waitMs = nextMs - clock.nowMs();
    if (waitMs > 0) await pause(timers, waitMs, signal);
    nextMs = Math.max(nextMs, clock.nowMs()) + 1_000 / rate;
  };
}

/**
 * Publishes the selected entries again on their topics with their offsets, marked as replay, stream after stream; then the
 * retained state of each upload and the overview of each identity as they are now. Stops between two messages when the
 * signal aborts.
 * @throws OperatorError from the broker or the table; what was acknowledged before stays published
 */
export async function runReplay(
  operator: Operator,
  connection: BrokerConnection,
  options: ReplayOptions,
): Promise<ReplayReport> {
  const { planned, reached, signal, steps, selection, restored = null } = options;
  const pace = createPace(options.rate, operator.clock, operator.timers, signal);
  const report = { streams: 0, messages: 0, events: 0, states: 0, overviews: 0 };
  const identities = new Set<IdentityId>();
  const publish = async (topic: string, payload: Uint8Array, retain: boolean) => {
    await pace();
    if (!signal.aborted) await connection.publish({ topic, payload, retain });
  };

  for (const [index, stream] of planned.streams.entries()) {
    steps.onStream(index, planned.streams.length);
    const after = doneOf(stream, reached);
    if (after === 'all') {
      // Not read again: an overview as it is now harms nobody, should nothing of the stream be selected.
      identities.add(stream.identityId);
      continue;
    }
    const { entries, selected } = await selectEntries(
      operator.table,
      stream,
      selection,
      planned.executionArn,
    );
    if (selected.size === 0) continue;
    identities.add(stream.identityId);
    report.streams += 1;
    const { identityId, uploadId } = stream;
    const topic = operator.topics.build({ kind: 'events', identityId, uploadId });
    let past = 0;
    for (const [entry, frame] of framed(stream, entries)) {
      if (!selected.has(entry)) continue;
      past += 1;
      if (entry.lastOffset <= after) continue;
      await publish(topic, replayedProgress(stream, entry, frame), false);
      if (signal.aborted) return report;
      report.messages += 1;
      report.events += entry.lastOffset - entry.firstOffset + 1;
      await steps.onPublished(stream, entry.lastOffset, past / selected.size);
    }
    if (stream.newest && (await restoreState(operator, stream, publish, signal))) report.states += 1;
    if (signal.aborted) return report;
  }
  for (const identityId of [...identities].toSorted()) {
    if (restored !== null && identityId <= restored) continue;
    const topic = operator.topics.build({ kind: 'overview', identityId });
    const lines = await linesOf(operator.table, identityId);
    await publish(topic, currentOverview(identityId, lines, operator.clock.nowMs()), true);
    if (signal.aborted) return report;
    report.overviews += 1;
    steps.onOverview?.(identityId);
  }
  return report;
}

/** Each entry with what stands around its events: the state folded up to its end. */
export function* framed(
  stream: SelectedStream,
  entries: readonly StoredEntry[],
): Generator<readonly [StoredEntry, Frame]> {
  const start = { ...stream, bucket: '', key: '' };
  const address = addressIn(entries);
  const draft = mutableCopyOf(emptyState({ ...start, ...address }));
  for (const entry of entries) {
    for (const event of eventsOf(entry)) applyEvent(draft, event);
    yield [entry, { bucket: draft.bucket, key: draft.key, updatedAt: draft.updatedAt }];
  }
}

function addressIn(entries: readonly StoredEntry[]): { readonly bucket: string; readonly key: string } {
  const text = entries.find(({ snapshot }) => snapshot !== undefined)?.snapshot?.state;
  const state = text === undefined ? undefined : parseJson(UploadState, text);
  return state?.ok === true ? { bucket: state.value.bucket, key: state.value.key } : { bucket: '', key: '' };
}

/**
 * Retains the state as it is now. The engine may write on meanwhile: whatever is newer by the time the broker has
 * acknowledged is retained after it, so that the topic does not stay behind.
 */
async function restoreState(
  operator: Operator,
  stream: SelectedStream,
  publish: (topic: string, payload: Uint8Array, retain: boolean) => Promise<void>,
  signal: AbortSignal,
): Promise<boolean> {
  const { identityId, uploadId } = stream;
  const topic = operator.topics.build({ kind: 'state', identityId, uploadId });
  let retained: string | undefined;
  while (!signal.aborted) {
    const newest = (await epochsOf(operator.table, identityId, uploadId)).at(-1);
    if (newest === undefined) return false;
    const entries = await entriesOf(operator.table, { identityId, uploadId, epoch: newest.epoch });
    const [state, source] = [stateOf(entries), entries.at(-1)?.source];
    if (state === undefined || source === undefined) return false;
    const position = `${state.position.epoch}:${state.position.offset}`;
    if (position === retained) return true;
    await publish(topic, currentState(state, source), true);
    retained = position;
  }
  return retained !== undefined;
}
