import type { ExecutionRecord } from '@stepcast/wire';

/** A record as a test writes it: id, type, previous id, details. */
export type Line = readonly [
  id: number,
  type: string,
  previous: number,
  details?: ExecutionRecord['details'],
];

/** 2026-11-03T10:15:30Z, when the histories of tests begin. */
export const HISTORY_START_MS = Date.UTC(2026, 10, 3, 10, 15, 30);

/** Records of a history, one a millisecond. */
export function records(...lines: readonly Line[]): ExecutionRecord[] {
  return lines.map(([id, type, previousEventId, details = {}]) => ({
    id,
    type,
    previousEventId,
    timestampMs: HISTORY_START_MS + id,
    redriveCount: 0,
    details,
  }));
}

/** A record of which only the id matters. */
export function recordOf(id: number): ExecutionRecord {
  return { id, type: 'TaskStarted', previousEventId: id - 1, timestampMs: id, redriveCount: 0, details: {} };
}
