import type { OwnershipRules } from './domain/ownership.ts';

/** How the correlator behaves. Times are in milliseconds unless the name says otherwise. */
export interface CorrelatorSettings {
  readonly rules: OwnershipRules;
  /** `managed`: an upload starts the execution. `observed`: somebody else does. */
  readonly startMode: 'managed' | 'observed';
  /** How long a gap in an execution's records is waited for before its history is asked. */
  readonly gapWaitMs: number;
  /** How long an execution that names no version of its object waits for the upload event that does. */
  readonly epochWaitMs: number;
  /** How long an execution's records wait for a proof of its owner before they are dead-lettered. */
  readonly ownershipTimeoutMs: number;
  /** How long a running execution may tell nothing before its history is asked. */
  readonly quietMs: number;
  readonly sweepIntervalMs: number;
  readonly mapRunPollMs: number;
}

export const DEFAULT_TIMES = {
  gapWaitMs: 1_000,
  epochWaitMs: 5_000,
  ownershipTimeoutMs: 15 * 60_000,
  quietMs: 120_000,
  sweepIntervalMs: 30_000,
  mapRunPollMs: 5_000,
} as const;
