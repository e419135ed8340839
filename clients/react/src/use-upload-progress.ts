import { type UploadState, uploadIdOf } from '@stepcast/contracts';
import type { UploadTarget } from '@stepcast/web';
import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { checkedThrottleMs, useProgressContext } from './progress-context.ts';
import { NO_PROGRESS, type UploadProgress } from './snapshots.ts';

export interface UploadProgressOptions {
  /**
   * At most one render in so many milliseconds. Completion, discontinuity and errors are shown at once, and the newest state always in the end.
   * Default: the provider's.
   */
  readonly throttleMs?: number | undefined;
  /**
   * Gives `events`, all of this epoch (the last 1,000 at most), also in a page that is loaded again; and renders for them too. Default
   * false.
   */
  readonly events?: boolean | undefined;
  /**
   * Called once when the upload has completed, also if that was before the component mounted; again only when a redrive, or another upload
   * to the same address, has completed in its turn. Need not be stable.
   */
  readonly onComplete?: ((state: UploadState) => void) | undefined;
}

/**
 * The progress of one upload, before or after it was made. Components that watch the same upload share one subscription, which ends with the last of
 * them.
 *
 * ```tsx
 * const { status, percent, steps, isLive } = useUploadProgress({ bucket, key }, { onComplete: () => reload() });
 * ```
 *
 * @param target the address (`key` or `objectKey` is the decoded key), an upload ID, or null while there is none. An address may be written in place: its
 * members are compared, not the object. A text that is no upload ID gives a `watchError`.
 * @throws ConfigurationError outside of a provider, and for a `throttleMs` below 0
 */
export function useUploadProgress(
  target: UploadTarget | null,
  options: UploadProgressOptions = {},
): UploadProgress {
  const { store, throttleMs: usual } = useProgressContext();
  const throttleMs = checkedThrottleMs(options.throttleMs ?? usual);
  const events = options.events ?? false;
  const uploadId = useUploadId(target);
  const listen = useCallback(
    (listener: () => void) => store.listenToUpload(uploadId, { throttleMs, events }, listener),
    [store, uploadId, throttleMs, events],
  );
  const progress = useSyncExternalStore(
    listen,
    () => store.upload(uploadId, { throttleMs, events }),
    () => NO_PROGRESS,
  );
  useCompletion(progress.completion, options.onComplete);
  return progress;
}

/** A hash of the address, made only when a member of it changes. */
function useUploadId(target: UploadTarget | null): string | null {
  const text = typeof target === 'string' ? target : null;
  const address = typeof target === 'string' || target === null ? undefined : target;
  const bucket = address?.bucket;
  const key = address === undefined || 'key' in address ? address?.key : address.objectKey;
  return useMemo(
    () => (bucket === undefined || key === undefined ? text : uploadIdOf(bucket, key)),
    [text, bucket, key],
  );
}

/** Tells each completion once, after the render that shows it. Strict Mode does effects twice; the mark outlives that. */
function useCompletion(
  completion: UploadState | null,
  onComplete: ((state: UploadState) => void) | undefined,
): void {
  const newest = useRef(onComplete);
  const reported = useRef('');
  useEffect(() => {
    newest.current = onComplete;
  });
  useEffect(() => {
    if (completion === null) return;
    const { uploadId, position } = completion;
    const mark = `${uploadId} ${position.epoch} ${position.offset}`;
    if (reported.current === mark) return;
    reported.current = mark;
    newest.current?.(completion);
  }, [completion]);
}
