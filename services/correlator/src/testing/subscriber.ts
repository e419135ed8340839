import { expect } from 'vitest';
import type { Handover } from '@stepcast/wire';
import type { createInMemoryPorts } from './in-memory-ports.ts';

/** What a subscriber that saw everything makes of handovers: entries of one stream, by their first and last offsets. */
export interface Seen {
  /** Offsets that were skipped at the moment when a later one was delivered for the first time. */
  readonly holes: readonly string[];
  /** The newest offset of each stream. */
  readonly newest: ReadonlyMap<string, number>;
  /** The newest offset of a state, of each stream. */
  readonly states: ReadonlyMap<string, number>;
}

export function seenOf(handovers: readonly Handover[]): Seen {
  const holes: string[] = [];
  const newest = new Map<string, number>();
  const states = new Map<string, number>();
  for (const { identityId, uploadId, epoch, firstOffset, lastOffset, events, state } of handovers) {
    const stream = `${identityId}#${uploadId}#${epoch}`;
    const before = newest.get(stream) ?? 0;
    if (events !== undefined) {
      if (firstOffset > before + 1) holes.push(`${stream}: ${before + 1} to ${firstOffset - 1}`);
      newest.set(stream, Math.max(before, lastOffset));
    }
    if (state !== undefined) states.set(stream, Math.max(states.get(stream) ?? 0, lastOffset));
  }
  return { holes, newest, states };
}

/** Expects the handovers, in the order in which they were sent, to have brought every entry of the journal without a hole. */
export function expectNothingLost(
  ports: Pick<ReturnType<typeof createInMemoryPorts>, 'journal'>,
  handovers: readonly Handover[],
): void {
  const { holes, newest } = seenOf(handovers);
  expect(holes).toEqual([]);
  const written = new Map<string, number>();
  for (const { stream, entry } of ports.journal.all())
    written.set(`${stream.identityId}#${stream.uploadId}#${stream.epoch}`, entry.lastOffset);
  expect(newest).toEqual(written);
}
