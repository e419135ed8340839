import type { ExecutionArn, StreamMeta } from '@stepcast/contracts';

/** What time must bring after a pass. No message waits for it; what a crash forgets, the sweep finds. */
export type FollowUp =
  /** Processes an execution again, from what the store has of it. */
  | { readonly kind: 'process'; readonly executionArn: ExecutionArn; readonly afterMs: number }
  /** After an assignment: finds what was parked elsewhere, and nested executions that wait. */
  | { readonly kind: 'recheck'; readonly executionArn: ExecutionArn; readonly afterMs: number }
  /** Asks Step Functions for the input that the logs do not carry. */
  | { readonly kind: 'describe'; readonly executionArn: ExecutionArn; readonly afterMs: number }
  /** Reads an execution again whose records wait behind a gap: another correlator may have what is missing. */
  | { readonly kind: 'checkGap'; readonly executionArn: ExecutionArn; readonly afterMs: number }
  /** Fills a gap from history, or gives it up. `asked` counts the answers that did not have what is missing. */
  | {
      readonly kind: 'repair';
      readonly executionArn: ExecutionArn;
      readonly afterMs: number;
      readonly asked: number;
    }
  /** Asks the Map Runs of distributed Maps how far they have come. */
  | { readonly kind: 'pollMapRuns'; readonly executionArn: ExecutionArn; readonly afterMs: number }
  /** Takes an execution that has ended off the watch list. Only to be scheduled when its last entry is settled. */
  | { readonly kind: 'unwatch'; readonly executionArn: ExecutionArn; readonly afterMs: number }
  /** Takes gathered executions off the watch list. */
  | { readonly kind: 'unwatchGathered'; readonly batch: 'due' | 'full'; readonly afterMs: number }
  /** Passes on the state of a stream that has advanced since the last one. */
  | { readonly kind: 'snapshot'; readonly stream: StreamMeta; readonly afterMs: number }
  /** Reads the definition and log level of an execution's state machine. */
  | {
      readonly kind: 'describeMachine';
      readonly machineArn: string;
      readonly executionArn: ExecutionArn;
      readonly afterMs: number;
    }
  /** Stores what runs of a state machine have taught. */
  | { readonly kind: 'saveDurations'; readonly machineArn: string; readonly afterMs: number };

/** What a line of the log says of whom a follow-up is for. */
export function subjectOf(followUp: FollowUp): {
  readonly executionArn?: ExecutionArn;
  readonly uploadId?: string;
  readonly epoch?: string;
} {
  if ('executionArn' in followUp) return { executionArn: followUp.executionArn };
  if (followUp.kind !== 'snapshot') return {};
  const { uploadId, epoch } = followUp.stream;
  return { uploadId, epoch };
}

/** The name under which one follow-up is due at a time. */
export function nameOf(followUp: FollowUp): string {
  switch (followUp.kind) {
    case 'snapshot': {
      const { identityId, uploadId, epoch } = followUp.stream;
      return `snapshot:${identityId}#${uploadId}#${epoch}`;
    }
    case 'describeMachine':
    case 'saveDurations':
      return `${followUp.kind}:${followUp.machineArn}`;
    case 'unwatchGathered':
      return `${followUp.kind}:${followUp.batch}`;
    case 'repair':
      // A repair that asks again must not be superseded by one that begins.
      return `${followUp.asked === 0 ? 'repair' : 'repairAgain'}:${followUp.executionArn}`;
    default:
      return `${followUp.kind}:${followUp.executionArn}`;
  }
}
