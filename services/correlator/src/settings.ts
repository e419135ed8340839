import type { FindConfigured } from '@stepcast/wire';
import type { OwnershipRules } from './domain/ownership.ts';

/** How the correlator behaves. Times are in milliseconds unless the name says otherwise. */
export interface CorrelatorSettings {
  readonly rules: OwnershipRules;
  /** `managed`: an upload starts the execution. `observed`: somebody else does. */
  readonly startMode: 'managed' | 'observed';
  /** Reads inputs that name their object in a form of their own. Only in observed mode. */
  readonly findConfigured?: FindConfigured | undefined;
  /** How long records that are missing in an execution may still come in, before its history is asked. */
  readonly gapWaitMs: number;
  /** The same for Express executions, which have no history: the gap is declared after it. */
  readonly expressGapWaitMs: number;
  /** How long the end of an execution is held for the log events before it; then it is parked. 0 parks it at once. */
  readonly endHoldMs: number;
  /** How long an execution that names no version of its object waits for the upload event that does. */
  readonly epochWaitMs: number;
  /** How long an execution's records wait for a proof of its owner before they are dead-lettered. */
  readonly ownershipTimeoutMs: number;
  /** How long a running execution may emit nothing before its history is asked. */
  readonly quietMs: number;
  /** How far apart the retained states of an upload are, unless one is the first or the last. */
  readonly snapshotIntervalMs: number;
  readonly sweepIntervalMs: number;
  /** How long what a task reports waits for its step, whose log records may be slower than the task's. */
  readonly reportWaitMs: number;
  /** Least time between two entries with reports of one execution or upload. */
  readonly reportIntervalMs: number;
  readonly mapRunPollMs: number;
}

export const DEFAULT_TIMES = {
  gapWaitMs: 1_000,
  expressGapWaitMs: 10_000,
  endHoldMs: 2_000,
  epochWaitMs: 5_000,
  ownershipTimeoutMs: 15 * 60_000,
  quietMs: 120_000,
  snapshotIntervalMs: 10_000,
  sweepIntervalMs: 30_000,
  reportWaitMs: 15_000,
  reportIntervalMs: 1_000,
  mapRunPollMs: 5_000,
} as const;
