// Written by `npm run contracts:publish`. Do not edit.
import type {
  Epoch,
  ExecutionState,
  IdentityId,
  OverviewEntry,
  ProgressEvent,
  StepState,
  UploadId,
  UploadState,
  UploadStatus,
} from './types.d.ts';

/** Executions that a state lists. It leaves the oldest that have ended out first, and says so by `truncated`. */
export declare const MAX_EXECUTIONS = 100;

/** How long the result of a state is at most, as JSON, in UTF-16 units. A projection that has no room is left out: `truncated`. */
export declare const MAX_RESULT_LENGTH = 16384;

/** Which upload, and which version of it, a stream is about. */
export interface StreamMeta {
  readonly identityId: IdentityId;
  readonly uploadId: UploadId;
  readonly epoch: Epoch;
  /** ISO 8601, UTC. */
  readonly epochStartedAt: string;
  readonly bucket: string;
  readonly key: string;
}

/** A state that {@link applyEvent} may change: its own fields and its two arrays, never what the arrays hold. */
export interface MutableUploadState extends Omit<UploadState, 'steps' | 'executions'> {
  steps: Readonly<StepState>[];
  executions: Readonly<ExecutionState>[];
}

/** The state before any event. Its position is that of the first event to come; nobody publishes it. */
export declare function emptyState(stream: StreamMeta): UploadState;

/** A copy of a state for {@link applyEvent}. Shares steps and executions with the original, which stays as it is. */
export declare function mutableCopyOf(state: UploadState): MutableUploadState;

/**
 * The state after one more event of its epoch. Pure: steps and executions that the event does not change are the same
 * objects in both states. To fold many events, take one {@link mutableCopyOf} and apply them all.
 */
export declare function foldEvent(state: UploadState, event: ProgressEvent): UploadState;

/**
 * Folds one more event of its epoch into a state, in place: for the owner of the value. Changes the fields of `draft`
 * and its two arrays, and replaces the steps and executions that change; a reference to one of those never sees it change.
 * Total: takes any event, at any offset; an event of an unknown kind only moves position and time.
 */
export declare function applyEvent(draft: MutableUploadState, event: ProgressEvent): void;

/** The line of an upload in the overview. */
export declare function summaryOf(state: UploadState): OverviewEntry;

/** Steps that a state lists. It leaves later names out, and says so by `truncated`. */
export declare const MAX_STEPS = 300;

/** `error.name` of a step that was stopped because something else failed. Not AWS's: AWS has none for it. */
export declare const ABORTED_ERROR = 'Stepcast.Aborted';

/** An epoch of an upload together with its beginning, as every message and every state names them. */
export interface StartedEpoch {
  readonly epoch: Epoch;
  /** ISO 8601 text in UTC. */
  readonly epochStartedAt: string;
}

/**
 * The one rule for which of two epochs of an upload is newer: the one that began later; of two that began in the same
 * millisecond, the one whose token is larger as text (by UTF-16 units). It is a total order.
 * @returns a negative number when `a` is older than `b`, a positive number when `a` is newer, 0 only when both have the
 * same token and began in the same millisecond
 */
export declare function compareEpochs(a: StartedEpoch, b: StartedEpoch): number;

/** Whether an upload in this status has ended. A redrive may make it run again. */
export declare function isTerminal(status: UploadStatus): boolean;
