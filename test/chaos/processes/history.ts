import type { IdentityId, UploadId } from '@stepcast/contracts';

/** An object that was put in, once for each version. */
export interface PutIn {
  readonly identityId: IdentityId;
  readonly uploadId: UploadId;
  readonly bucket: string;
  readonly key: string;
  /** Versions that S3 said yes to. */
  readonly versions: number;
  /** How often each kind of event of each state is emitted for each version, by `kind state`. */
  readonly expected: ReadonlyMap<string, number>;
  /** Executions that ran elsewhere for this upload; undefined where the correlator starts them under names of its making. */
  readonly executionArns: readonly string[] | undefined;
}

export interface SeenEvent {
  readonly offset: number;
  /** `kind state`, or only the kind. */
  readonly what: string;
  readonly executionArn: string | undefined;
}

/** Consecutive events of one stream, as one journal entry or one message has them. */
export interface SeenEvents {
  readonly identityId: string;
  readonly uploadId: string;
  readonly epoch: string;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly events: readonly SeenEvent[];
}

/** A message as the subscriber that is never cut got it, in order of arrival. */
export type Witnessed =
  | {
      readonly kind: 'events';
      /** Whose topic it came on. */
      readonly topicIdentityId: string;
      readonly topicUploadId: string;
      readonly seen: SeenEvents;
    }
  | {
      readonly kind: 'state';
      readonly topicIdentityId: string;
      readonly topicUploadId: string;
      readonly identityId: string;
      readonly uploadId: string;
      readonly epoch: string;
      readonly epochStartedAt: string;
      readonly offset: number;
      readonly status: string;
    }
  | {
      readonly kind: 'overview';
      readonly topicIdentityId: string;
      readonly identityId: string;
      readonly uploads: readonly { readonly uploadId: string; readonly status: string }[];
      readonly truncated: boolean;
    }
  | { readonly kind: 'unreadable'; readonly topic: string; readonly problem: string };

/** What one application was handed of one upload, in order. */
export interface Handed {
  readonly client: string;
  readonly identityId: string;
  readonly uploadId: string;
  readonly steps: readonly HandedStep[];
}
export type HandedStep =
  | { readonly kind: 'event'; readonly epoch: string; readonly offset: number }
  | { readonly kind: 'discontinuity'; readonly reason: string }
  | { readonly kind: 'complete'; readonly status: string }
  | { readonly kind: 'error'; readonly code: string };

/** All that a run recorded. */
export interface RunHistory {
  readonly putIn: readonly PutIn[];
  readonly journal: readonly SeenEvents[];
  readonly witnessed: readonly Witnessed[];
  readonly handed: readonly Handed[];
}

export const streamOf = (one: { identityId: string; uploadId: string; epoch: string }): string =>
  `${one.identityId} ${one.uploadId} ${one.epoch}`;
