import {
  emptyState,
  Epoch,
  ExecutionArn,
  IdentityId,
  Offset,
  summaryOf,
  uploadIdOf,
  type ProgressEvent,
  type UploadState,
  type UploadStatus,
} from '@stepcast/contracts';
import { renderJson, renderState, type Handover } from '@stepcast/wire';
import type { EntryHandover, StateHandover } from '../domain/messages.ts';

/** Identities, events, states and handovers for tests, plain but valid. */
export function identity(number: number): IdentityId {
  return IdentityId.parse(`us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-${number.toString(16).padStart(12, '0')}`);
}

export const SAMPLE_BUCKET = 'uploads';
export const SAMPLE_MACHINE = 'arn:aws:states:us-east-1:111122223333:stateMachine:PhotoPipeline';
const EXECUTION = ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:PhotoPipeline:up-abc');
const START_MS = Date.UTC(2026, 10, 3, 10, 15, 0);

export interface SampleStream {
  readonly identityId: IdentityId;
  readonly key: string;
  readonly epoch: Epoch;
  readonly epochStartedAt: string;
}

export function sampleStream(
  owner = 1,
  name = 'photo.png',
  epoch = 'e1',
  epochStartedAtMs = START_MS,
): SampleStream {
  const identityId = identity(owner);
  return {
    identityId,
    key: `users/${identityId}/${name}`,
    epoch: Epoch.parse(epoch),
    epochStartedAt: new Date(epochStartedAtMs).toISOString(),
  };
}

export const uploadOf = (stream: SampleStream) => uploadIdOf(SAMPLE_BUCKET, stream.key);

/** How ports name the stream. */
export const refOf = (stream: SampleStream) => ({
  identityId: stream.identityId,
  uploadId: uploadOf(stream),
  epoch: stream.epoch,
});

export function sampleEvent(offset: number, more: Partial<ProgressEvent> = {}): ProgressEvent {
  return {
    offset: Offset.parse(offset),
    kind: 'stepSucceeded',
    time: new Date(START_MS + offset * 10).toISOString(),
    executionArn: EXECUTION,
    step: { name: `Step${offset}`, type: 'Task', attempt: 1 },
    ...more,
  };
}

export function sampleState(
  stream: SampleStream,
  offset: number,
  status: UploadStatus = 'running',
): UploadState {
  return {
    ...emptyState({ ...refOf(stream), ...stream, bucket: SAMPLE_BUCKET }),
    position: { epoch: stream.epoch, offset: Offset.parse(offset) },
    status,
    updatedAt: new Date(START_MS + offset * 10).toISOString(),
  };
}

/** A handover of offsets `first` to `last`, with a state. */
export function sampleHandover(
  stream: SampleStream,
  first: number,
  last: number,
  more: { readonly status?: UploadStatus; readonly event?: Partial<ProgressEvent> } = {},
): EntryHandover & StateHandover {
  const events = Array.from({ length: last - first + 1 }, (_unused, index) =>
    sampleEvent(first + index, more.event),
  );
  const state = sampleState(stream, last, more.status);
  return {
    ...refOf(stream),
    epochStartedAt: stream.epochStartedAt,
    source: SAMPLE_MACHINE,
    firstOffset: Offset.parse(first),
    lastOffset: Offset.parse(last),
    line: summaryOf(state),
    oldestEventAt: events[0]?.time ?? '',
    truncated: false,
    events: renderJson(events),
    state: renderState(state),
  };
}

/** The same without a state, as most handovers are. */
export function withoutState(handover: EntryHandover): EntryHandover {
  return { ...handover, state: undefined };
}

/** A snapshot alone. */
export function sampleSnapshot(stream: SampleStream, offset: number, status?: UploadStatus): Handover {
  const whole = sampleHandover(stream, offset, offset, status === undefined ? {} : { status });
  return { ...whole, events: undefined };
}
