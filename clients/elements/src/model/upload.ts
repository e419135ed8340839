import type { ProgressEvent, UploadState } from '@stepcast/contracts';

/**
 * What the elements show: an `UploadWatch` of `@stepcast/web`, what `useUploadProgress` of `@stepcast/react` gives, or any object with
 * the same members.
 */
export interface UploadSnapshot {
  readonly state?: UploadState | null | undefined;
  /**
   * Events of the epoch, in order. With them each iteration and each attempt is shown; without them, what the state has of each step.
   * Give the newest each time: the elements keep what they have seen.
   */
  readonly events?: readonly ProgressEvent[] | undefined;
  /** While the file is in S3 and no workflow has started for it. */
  readonly waiting?: { readonly since: string; readonly longerThanUsual: boolean } | null | undefined;
  /**
   * While what is shown may be old: until when it was current, ISO 8601, as the client's `connection.asOf` says. Then nothing turns and no
   * bar grows.
   */
  readonly asOf?: string | null | undefined;
}
