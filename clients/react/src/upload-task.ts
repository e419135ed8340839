import type { UploadState } from '@stepcast/contracts';
import type { ProgressClient, Put, UploadPhase, UploadTracker, Waiting } from '@stepcast/web';

/** What an upload is made of, beside the file. */
export interface UploadSettings {
  readonly bucket: string;
  /** The decoded key of a file. Default: one below the person's prefix that no other upload has (`client.keyFor`). */
  readonly keyFor?: ((file: File) => string | Promise<string>) | undefined;
  /** Your own uploader. Default: straight to S3, with the person's credentials. */
  readonly put?: ((file: File, key: string) => Put) | undefined;
}

/** Where an upload of this page is. Immutable: the same object while nothing in it has changed. */
export interface UploadSnapshot {
  /**
   * `idle` (no file chosen) → `preparing` (credentials, key) → `uploading` → `queued` (in S3, no workflow yet) → `running` → `done`;
   * or `uploadFailed`, which `retry` takes up again, or `cancelled`.
   */
  readonly phase: 'idle' | 'preparing' | 'cancelled' | UploadPhase['phase'];
  readonly file: File | null;
  /** The decoded key; null before there is one. For `useUploadProgress`, which shows the steps. */
  readonly key: string | null;
  readonly loadedBytes: number;
  readonly totalBytes: number | null;
  /** 0 to 100: of the file while uploading, of the workflow while running; null when nothing is known to measure by. */
  readonly percent: number | null;
  readonly etaSeconds: number | null;
  readonly paused: boolean;
  /** While queued: since when, and whether that is longer than usual. */
  readonly waiting: Waiting | null;
  /** Newest state of the workflow. */
  readonly state: UploadState | null;
  /** Why the upload failed, or why its progress is not seen any more. What failed in the workflow is in `state.error`. */
  readonly error: Error | null;
}

export const NO_UPLOAD: UploadSnapshot = {
  phase: 'idle',
  file: null,
  key: null,
  loadedBytes: 0,
  totalBytes: null,
  percent: null,
  etaSeconds: null,
  paused: false,
  waiting: null,
  state: null,
  error: null,
};

/**
 * One upload at a time for one component. Starting another file cancels the one before. Whatever comes of an outdated one is
 * dropped: each start has a number.
 */
export class UploadTask {
  readonly #getClient: () => ProgressClient;
  readonly #onChange: () => void;
  #snapshot = NO_UPLOAD;
  #run = 0;
  #tracker: UploadTracker | undefined;
  #last: { readonly file: File; readonly settings: UploadSettings; key: string | undefined } | undefined;

  constructor(getClient: () => ProgressClient, onChange: () => void) {
    this.#getClient = getClient;
    this.#onChange = onChange;
  }

  get snapshot(): UploadSnapshot {
    return this.#snapshot;
  }

  start(file: File, settings: UploadSettings): void {
    this.#last = { file, settings, key: undefined };
    void this.#begin();
  }

  /** The same file to the same key again: what S3 has of it is not sent twice. */
  retry(): void {
    if (this.#snapshot.phase === 'uploadFailed' || this.#snapshot.phase === 'cancelled') void this.#begin();
  }

  pause(): void {
    this.#tracker?.pause();
  }

  resume(): void {
    this.#tracker?.resume();
  }

  /** Ends the upload. A workflow that has started goes on, but is not followed here any more. */
  cancel(): void {
    const { phase } = this.#snapshot;
    if (phase === 'idle' || phase === 'done' || phase === 'cancelled') return;
    this.#leave();
    this.#set({ phase: 'cancelled', paused: false, waiting: null });
  }

  async #begin(): Promise<void> {
    const last = this.#last;
    if (last === undefined) return;
    this.#leave();
    const run = this.#run;
    const { file, settings } = last;
    this.#snapshot = { ...NO_UPLOAD, phase: 'preparing', file, totalBytes: file.size };
    this.#onChange();
    try {
      const client = this.#getClient();
      last.key ??= await (settings.keyFor?.(file) ?? client.keyFor(file, { bucket: settings.bucket }));
      if (run !== this.#run) return;
      this.#follow(run, client, last.key);
    } catch (thrown) {
      if (run === this.#run) this.#set({ phase: 'uploadFailed', error: errorOf(thrown) });
    }
  }

  #follow(run: number, client: ProgressClient, key: string): void {
    const last = this.#last;
    if (last === undefined) return;
    const { file, settings } = last;
    const { bucket } = settings;
    const put = settings.put?.(file, key);
    const tracker = client.trackUpload(
      put === undefined ? { bucket, key, file } : { bucket, key, file, put },
    );
    this.#tracker = tracker;
    this.#set({ key });
    this.#show(tracker.phase);
    tracker.on('phase', (phase) => {
      if (run === this.#run) this.#show(phase);
    });
    tracker.on('error', (error) => {
      if (run === this.#run) this.#set({ error });
    });
  }

  #show(phase: UploadPhase): void {
    switch (phase.phase) {
      case 'uploading':
        this.#set(phase);
        return;
      case 'queued':
        this.#set({
          phase: 'queued',
          percent: null,
          paused: false,
          waiting: phase.waiting ?? null,
          state: phase.state ?? null,
        });
        return;
      case 'running':
        this.#set({ ...phase, waiting: null });
        return;
      case 'done':
        this.#set({
          phase: 'done',
          state: phase.state,
          percent: phase.state.percent,
          etaSeconds: null,
          waiting: null,
        });
        return;
      case 'uploadFailed':
        this.#set({ phase: 'uploadFailed', error: phase.error });
    }
  }

  /** Nothing of what runs now is shown any more. */
  #leave(): void {
    this.#run += 1;
    this.#tracker?.close();
    this.#tracker = undefined;
  }

  #set(change: Partial<UploadSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    this.#onChange();
  }
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
