import { Epoch, ExecutionArn, IdentityId, uploadIdOf } from '@stepcast/contracts';
import { type ExecutionRecord } from '@stepcast/wire';
import type { Advance } from '../domain/stream.ts';
import type { StreamMeta } from '../domain/upload-fold.ts';

export const ARN = ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:P:up-1');

/** A stream that a test begins. */
export const META: StreamMeta = {
  identityId: IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f'),
  uploadId: uploadIdOf('ours', 'k'),
  epoch: Epoch.parse('e'),
  epochStartedAt: '2026-11-03T10:15:29.000Z',
  bucket: 'ours',
  key: 'k',
};

/** What is at hand for the one execution of a test: records and nothing else, unless said. */
export function advanceOf(records: readonly ExecutionRecord[], more: Partial<Advance> = {}): Advance {
  return {
    executionArn: ARN,
    source: 'arn:aws:states:us-east-1:111122223333:stateMachine:P',
    nested: false,
    records,
    statuses: [],
    sparse: false,
    giveUp: undefined,
    profile: undefined,
    ...more,
  };
}
