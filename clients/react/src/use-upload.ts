import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { checkedThrottleMs, useProgressContext } from './progress-context.ts';
import type { ProgressStore } from './progress-store.ts';
import { ThrottledView } from './throttled-view.ts';
import { NO_UPLOAD, type UploadSettings, type UploadSnapshot, UploadTask } from './upload-task.ts';

export interface UseUploadOptions extends UploadSettings {
  /** At most one render in so many milliseconds; a new phase is shown at once. Default: the provider's. */
  readonly throttleMs?: number | undefined;
}

/** The upload, and what can be done with it. The functions are the same in every render. */
export interface UseUpload extends UploadSnapshot {
  /** Uploads a file. One that is under way is cancelled. */
  readonly start: (file: File) => void;
  readonly pause: () => void;
  readonly resume: () => void;
  /** Ends the upload. A workflow that has started goes on. */
  readonly cancel: () => void;
  /** After `uploadFailed` or `cancelled`: the same file to the same key again. */
  readonly retry: () => void;
}

/**
 * Uploads a file from this page and follows it to the end of its workflow.
 *
 * ```tsx
 * const { phase, percent, start, cancel } = useUpload({ bucket: 'uploads' });
 * if (phase === 'idle') return <input type="file" onChange={({ target }) => target.files?.[0] && start(target.files[0])} />;
 * ```
 *
 * A component that is unmounted does not end its upload; the provider's client does when it is closed.
 *
 * @throws ConfigurationError outside of a provider, and for a `throttleMs` below 0
 */
export function useUpload(options: UseUploadOptions): UseUpload {
  const { store, throttleMs: usual } = useProgressContext();
  const throttleMs = checkedThrottleMs(options.throttleMs ?? usual);
  const newest = useRef<UploadSettings>(options);
  useEffect(() => {
    newest.current = options;
  });
  const [held, setHeld] = useState(() => ({ store, source: new UploadSource(store) }));
  let { source } = held;
  if (held.store !== store) {
    // Another client is another person: nothing of the old upload is shown under the new one.
    source = new UploadSource(store);
    setHeld({ store, source });
  }
  const snapshot = useSyncExternalStore(
    source.listenerFor(throttleMs),
    () => source.value,
    () => NO_UPLOAD,
  );
  const actions = useMemo(() => {
    const { task } = source;
    return {
      start: (file: File) => task.start(file, newest.current),
      pause: () => task.pause(),
      resume: () => task.resume(),
      cancel: () => task.cancel(),
      retry: () => task.retry(),
    };
  }, [source]);
  return useMemo(() => ({ ...snapshot, ...actions }), [snapshot, actions]);
}

/** The upload of one component, as React reads it. */
class UploadSource {
  readonly task: UploadTask;
  readonly #store: ProgressStore;
  readonly #listeners = new Map<number, (listener: () => void) => () => void>();
  #view: ThrottledView<UploadSnapshot> | undefined;
  #shown = NO_UPLOAD.phase;

  constructor(store: ProgressStore) {
    this.#store = store;
    this.task = new UploadTask(
      () => store.client(),
      () => this.#changed(),
    );
  }

  get value(): UploadSnapshot {
    return this.#view?.value ?? this.task.snapshot;
  }

  /** What `useSyncExternalStore` subscribes with: the same function for the same throttle. */
  listenerFor(throttleMs: number): (listener: () => void) => () => void {
    const known = this.#listeners.get(throttleMs);
    if (known !== undefined) return known;
    const listen = (listener: () => void) => {
      const letGo = this.#store.hold();
      const view = new ThrottledView(() => this.task.snapshot, throttleMs, this.#store.setTimer);
      this.#view = view;
      const stop = view.listen(listener);
      return () => {
        stop();
        if (this.#view === view) this.#view = undefined;
        letGo();
      };
    };
    this.#listeners.set(throttleMs, listen);
    return listen;
  }

  #changed(): void {
    const { phase } = this.task.snapshot;
    this.#view?.offer(phase !== this.#shown);
    this.#shown = phase;
  }
}
