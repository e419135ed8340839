import { emptyState, foldEvent, type StreamMeta } from '../fold.ts';
import { Epoch, ExecutionArn, IdentityId, Offset } from '../identifiers.ts';
import type { ProgressEvent } from '../progress.ts';
import type { UploadState } from '../state.ts';
import { uploadIdOf } from '../upload.ts';

export const ARN = ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:P:up-1');
export const OTHER = ExecutionArn.parse(`${ARN}-2`);
/** Events of this one are nested. */
export const CHILD = ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:Child:c');

export const META: StreamMeta = {
  identityId: IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f'),
  uploadId: uploadIdOf('ours', 'k'),
  epoch: Epoch.parse('e'),
  epochStartedAt: '2026-11-03T10:15:29.000Z',
  bucket: 'ours',
  key: 'k',
};

/** A second of the test, as it stands in an event. */
export const at = (second: number) => new Date(Date.UTC(2026, 10, 3, 10, 15, 30 + second)).toISOString();

/** How far an execution has come. */
export interface Measured {
  readonly percent: number | null;
  readonly etaSeconds: number | null;
}

export type Draft = Omit<ProgressEvent, 'offset' | 'time' | 'executionArn'> & {
  executionArn?: ExecutionArn;
};

/** The state after events of `ARN` unless they say otherwise, one a second. */
export function after(
  drafts: readonly Draft[],
  from: UploadState = emptyState(META),
  measured: Partial<Measured> = {},
): UploadState {
  return drafts.reduce(
    (state, draft, index) =>
      foldEvent(state, {
        offset: Offset.parse(index + 1),
        time: at(index),
        executionArn: ARN,
        ...(draft.executionArn === CHILD ? { nested: true } : measured),
        ...draft,
      }),
    from,
  );
}
