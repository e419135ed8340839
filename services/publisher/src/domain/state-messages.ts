import {
  MESSAGE_TYPES,
  subjectOf,
  type IdentityId,
  type Overview,
  type OverviewEntry,
  type OverviewMessage,
  type StateMessage,
  type UploadState,
} from '@stepcast/contracts';
import { MessageTooLargeError } from './errors.ts';

export const SENDER = 'stepcast';

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** Leaves out items in the given order until what remains, with its commas, takes at most `budget` bytes. */
function leaveOut<T>(
  items: readonly T[],
  budget: number,
  mayGo: (item: T, index: number) => boolean,
): { readonly kept: T[]; readonly bytes: number } {
  const sized = items.map((item, index) => ({ item, bytes: jsonBytes(item) + 1, mayGo: mayGo(item, index) }));
  let total = sized.reduce((sum, { bytes }) => sum + bytes, 0);
  const kept: T[] = [];
  for (const one of sized) {
    if (total > budget && one.mayGo) total -= one.bytes;
    else kept.push(one.item);
  }
  return { kept, bytes: total };
}

/**
 * A state that takes at most `maxBytes` as JSON. What goes first: the oldest steps that have ended, then the oldest
 * executions that have ended, then the oldest of the other steps and executions; the newest execution always stays.
 * @throws MessageTooLargeError when what cannot be left out is too large (an object key has at most 1,024 bytes: it is not)
 */
export function trimState(state: UploadState, maxBytes: number): UploadState {
  if (jsonBytes(state) <= maxBytes) return state;
  const frame = jsonBytes({ ...state, steps: [], executions: [], truncated: true });
  const executionBytes = state.executions.reduce((sum, one) => sum + jsonBytes(one) + 1, 0);

  let steps = leaveOut(state.steps, maxBytes - frame - executionBytes, (step) => step.endedAt !== null);
  const newest = state.executions.length - 1;
  let executions = leaveOut(
    state.executions,
    maxBytes - frame - steps.bytes,
    (execution, index) => execution.endedAt !== null && index !== newest,
  );
  if (frame + steps.bytes + executions.bytes > maxBytes) {
    steps = leaveOut(steps.kept, maxBytes - frame - executions.bytes, () => true);
    const lastOne = executions.kept.length - 1;
    executions = leaveOut(
      executions.kept,
      maxBytes - frame - steps.bytes,
      (_execution, index) => index !== lastOne,
    );
  }
  const trimmed: UploadState = {
    ...state,
    steps: steps.kept,
    executions: executions.kept,
    truncated: true,
  };
  const bytes = jsonBytes(trimmed);
  if (bytes > maxBytes) throw new MessageTooLargeError('the state', bytes, maxBytes);
  return trimmed;
}

/**
 * The state message.
 * @param maxBytes the payload has fewer bytes than this
 * @throws MessageTooLargeError
 */
export function encodeState(state: UploadState, source: string, maxBytes: number): Uint8Array {
  const wrap = (data: UploadState): StateMessage => ({
    specversion: '1.0',
    id: `${data.uploadId}:${data.position.epoch}:${data.position.offset}:state`,
    type: MESSAGE_TYPES.state,
    time: data.updatedAt,
    source,
    subject: subjectOf(data.bucket, data.key),
    datacontenttype: 'application/json',
    data,
  });
  const payload = Buffer.from(JSON.stringify(wrap(state)));
  if (payload.length < maxBytes) return payload;
  const envelope = payload.length - jsonBytes(state);
  return Buffer.from(JSON.stringify(wrap(trimState(state, maxBytes - envelope - 1))));
}

/** Newest first: by the beginning of their epoch, then by upload, so that the order is the same for everybody. */
export function newestFirst(entries: readonly OverviewEntry[]): OverviewEntry[] {
  return entries.toSorted((a, b) => {
    if (a.epochStartedAt !== b.epochStartedAt) return a.epochStartedAt < b.epochStartedAt ? 1 : -1;
    return a.uploadId < b.uploadId ? -1 : 1;
  });
}

/**
 * The newest uploads that fit.
 * @param maxBytes the overview takes at most this many bytes as JSON
 * @param incomplete true when not every upload was read
 */
export function makeOverview(options: {
  readonly identityId: IdentityId;
  readonly entries: readonly OverviewEntry[];
  readonly asOf: string;
  readonly maxBytes: number;
  readonly incomplete: boolean;
}): Overview {
  const { identityId, entries, asOf, maxBytes, incomplete } = options;
  let bytes = jsonBytes({ identityId, uploads: [], asOf, truncated: false });
  const uploads: OverviewEntry[] = [];
  for (const entry of newestFirst(entries)) {
    bytes += jsonBytes(entry) + 1;
    if (bytes > maxBytes) break;
    uploads.push(entry);
  }
  return { identityId, uploads, asOf, truncated: incomplete || uploads.length < entries.length };
}

/** Envelope of the overview: what it takes besides its data, with room to spare. */
export const OVERVIEW_ENVELOPE_BYTES = 512;

export function encodeOverview(overview: Overview): Uint8Array {
  const message: OverviewMessage = {
    specversion: '1.0',
    id: `${overview.identityId}:overview:${overview.asOf}`,
    type: MESSAGE_TYPES.overview,
    time: overview.asOf,
    source: SENDER,
    datacontenttype: 'application/json',
    data: overview,
  };
  return Buffer.from(JSON.stringify(message));
}
