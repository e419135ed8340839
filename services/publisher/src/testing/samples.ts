import {
  Epoch,
  ExecutionArn,
  IdentityId,
  Offset,
  uploadIdOf,
  type ProgressEvent,
  type UploadState,
  type UploadStatus,
} from '@stepcast/contracts';
import { type Handover } from '@stepcast/wire';

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
    identityId: stream.identityId,
    uploadId: uploadOf(stream),
    position: { epoch: stream.epoch, offset: Offset.parse(offset) },
    epochStartedAt: stream.epochStartedAt,
    bucket: SAMPLE_BUCKET,
    key: stream.key,
    status,
    percent: null,
    etaSeconds: null,
    steps: [],
    executions: [],
    error: null,
    updatedAt: new Date(START_MS + offset * 10).toISOString(),
  };
}

/** A handover of offsets `first` to `last`. */
export function sampleHandover(
  stream: SampleStream,
  first: number,
  last: number,
  more: {
    readonly status?: UploadStatus;
    readonly replay?: boolean;
    readonly event?: Partial<ProgressEvent>;
  } = {},
): Handover {
  const events = Array.from({ length: last - first + 1 }, (_unused, index) =>
    sampleEvent(first + index, more.event),
  );
  return {
    version: 1,
    source: SAMPLE_MACHINE,
    progress: {
      identityId: stream.identityId,
      uploadId: uploadOf(stream),
      epoch: stream.epoch,
      epochStartedAt: stream.epochStartedAt,
      firstOffset: Offset.parse(first),
      lastOffset: Offset.parse(last),
      replay: more.replay ?? false,
      events,
    },
    state: sampleState(stream, last, more.status),
  };
}
