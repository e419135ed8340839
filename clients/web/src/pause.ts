/** Whether an upload is to rest. Like `AbortSignal`, but it goes both ways. */
export interface PauseSignal {
  readonly paused: boolean;
  /** Tells each change; returns what stops that. */
  onChange(listener: () => void): () => void;
}

/**
 * Pauses and resumes one upload, as `AbortController` aborts it.
 *
 * ```ts
 * const pause = new PauseController();
 * uploader.upload(file, { bucket, key, pause: pause.signal });
 * pause.pause();
 * pause.resume();
 * ```
 */
export class PauseController {
  readonly #listeners = new Set<() => void>();
  #paused = false;
  readonly signal: PauseSignal;

  constructor() {
    const isPaused = () => this.#paused;
    this.signal = {
      get paused() {
        return isPaused();
      },
      onChange: (listener) => {
        const entry = () => listener();
        this.#listeners.add(entry);
        return () => this.#listeners.delete(entry);
      },
    };
  }

  /** Idempotent. */
  pause(): void {
    this.#set(true);
  }

  /** Idempotent. */
  resume(): void {
    this.#set(false);
  }

  #set(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    for (const listener of [...this.#listeners]) listener();
  }
}
