import type { CorrelatorSettings } from '../settings.ts';
import type { FollowUp } from './follow-ups.ts';
import { machineOf } from './machine-refs.ts';
import type { TrackedExecution } from './tracked-executions.ts';
import type { WrittenRecords } from './write-records.ts';

/** What time must bring for an execution after a write. */
export interface Following {
  readonly followUps: readonly FollowUp[];
  /** It has to be on the watch list. */
  readonly isRunning: boolean;
  /** Nothing more is expected: it leaves the watch list. */
  readonly isOver: boolean;
}

/** How long what is missing may still come in by itself, before history is asked or the gap given up. */
export function gapWaitMs(
  executionArn: TrackedExecution['executionArn'],
  settings: CorrelatorSettings,
): number {
  return machineOf(executionArn).kind === 'express' ? settings.expressGapWaitMs : settings.gapWaitMs;
}

/** When a gap is checked first, in milliseconds; then after twice as long, and so on. */
const FIRST_GAP_CHECK_MS = 100;

/**
 * Where two correlators run, what is missing may have gone to the other one, which does not know what was parked here. It is
 * found before history is asked: at first soon, then ever later, as long as a check waits less than {@link gapWaitMs}.
 * @param afterMs how long the check before this one had waited. Default: this is the first one
 */
export function nextGapCheck(
  executionArn: TrackedExecution['executionArn'],
  settings: CorrelatorSettings,
  afterMs = FIRST_GAP_CHECK_MS / 2,
): readonly FollowUp[] {
  const nextMs = 2 * afterMs;
  return nextMs < gapWaitMs(executionArn, settings)
    ? [{ kind: 'checkGap', executionArn, afterMs: nextMs }]
    : [];
}

export function followUpsOf(
  { executionArn, parked }: TrackedExecution,
  { hasGap, waitingStatuses, standing }: WrittenRecords,
  settings: CorrelatorSettings,
): Following {
  if (hasGap || waitingStatuses.length > 0) {
    const afterMs = gapWaitMs(executionArn, settings);
    return {
      followUps: [{ kind: 'repair', executionArn, afterMs, asked: 0 }],
      isRunning: true,
      isOver: false,
    };
  }
  const { fold, isFollowed } = standing;
  if (fold !== undefined && !fold.hasEnded) {
    const followUps: FollowUp[] = fold.runsMaps
      ? [{ kind: 'pollMapRuns', executionArn, afterMs: settings.mapRunPollMs }]
      : [];
    return { followUps, isRunning: true, isOver: false };
  }
  const isAwaited = isFollowed && (fold === undefined || parked.length > 0);
  return { followUps: [], isRunning: false, isOver: !isAwaited };
}
