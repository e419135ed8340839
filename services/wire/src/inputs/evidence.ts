import type { ExecutionArn, IdentityId, ObjectVersion } from '@stepcast/contracts';

/** One version of an object, as an event or an execution's input names it. */
export interface UploadedObject extends ObjectVersion {
  readonly bucket: string;
  /** Decoded: as it is in S3. */
  readonly key: string;
  /** When it was created, as the event says; null when nothing says it. */
  readonly createdMs: number | null;
  readonly sizeBytes?: number | undefined;
}

/** Shape of evidence that a configured path found. */
export const CONFIGURED_SHAPE = 'configured';

/** What an execution's input says of where it came from. */
export interface InputEvidence {
  /** Name of the extractor that found it. */
  readonly shape: string;
  readonly object?: UploadedObject | undefined;
  /** Identity that CloudTrail saw calling S3. */
  readonly callerIdentity?: IdentityId | undefined;
  /** The execution that started this one. */
  readonly parent?: ExecutionArn | undefined;
}
