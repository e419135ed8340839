import {
  Epoch,
  ExecutionArn,
  IdentityId,
  ProgressEvent,
  uploadIdOf,
  type StreamMeta,
} from '@stepcast/contracts';
import type { ExecutionRecord, StoredEntry } from '@stepcast/wire';
import * as z from 'zod';
import type { StreamHead } from '../domain/stream-head.ts';
import type { Advance } from '../domain/stream.ts';

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

const Events = z.array(ProgressEvent);

/** The events of entries, read from their text. */
export function eventsIn(entries: readonly Pick<StoredEntry, 'events'>[]): ProgressEvent[] {
  return entries.flatMap(({ events }) => Events.parse(JSON.parse(events)));
}

/** What a Query gives: the newest entry that has a snapshot, and those after it. */
export function fromSnapshot(entries: readonly StoredEntry[]): readonly StoredEntry[] {
  const at = entries.findLastIndex(({ snapshot }) => snapshot !== undefined);
  return entries.slice(at);
}

/** A head that goes its own way from here. */
export function copyOf(head: StreamHead): StreamHead {
  return structuredClone(head);
}
