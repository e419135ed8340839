import { onAbort } from '../abort.ts';
import { backoffDelayMs, type BackoffOptions } from '../backoff.ts';
import type { Environment } from '../environment.port.ts';
import { asError } from '../errors.ts';
import type { PauseSignal } from '../pause.ts';
import type { Runtime } from '../runtime.ts';
import { S3UploadError } from './errors.ts';

const retryBackoff: BackoffOptions = { baseMs: 1_000, capMs: 30_000 };

export interface PatienceParts {
  readonly runtime: Runtime;
  readonly environment: Environment;
  readonly signal: AbortSignal;
  readonly pause: PauseSignal | undefined;
  /** How long nothing may get through, in milliseconds, before the upload fails. */
  readonly retryForMs: number;
}

/**
 * Does the requests of one upload, each again and again until it gets through. Rests while the upload is paused, goes on at once when
 * the network comes back, and gives up when nothing got through for `retryForMs`, or when S3 refuses for good.
 */
export class Patience {
  readonly #parts: PatienceParts;
  #failures = 0;
  /** Since when attempts fail, without anything getting through. Not since the last success: a device may have slept. */
  #failingSinceMs: number | undefined;

  constructor(parts: PatienceParts) {
    this.#parts = parts;
  }

  /** Something got through. */
  progress(): void {
    this.#failures = 0;
    this.#failingSinceMs = undefined;
  }

  /**
   * @param work one attempt; its signal ends it when the upload is aborted or paused
   * @throws what the attempt throws, when that does not pass
   * @throws the reason of the upload's signal
   */
  async run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    for (;;) {
      await this.#notPaused();
      const attempt = new AbortController();
      const { signal, pause } = this.#parts;
      const stops = [
        onAbort(signal, (reason) => attempt.abort(reason)),
        pause?.onChange(() => pause.paused && attempt.abort(new Error('paused'))),
      ];
      try {
        const result = await work(attempt.signal);
        this.progress();
        return result;
      } catch (thrown) {
        if (signal.aborted) throw asError(signal.reason);
        // Paused: that attempt counts for nothing.
        if (!attempt.signal.aborted) await this.#consider(thrown);
      } finally {
        for (const stop of stops) stop?.();
      }
    }
  }

  /** Waits after an attempt that failed; throws when waiting is no use. */
  async #consider(thrown: unknown): Promise<void> {
    const { runtime, retryForMs } = this.#parts;
    if (!(thrown instanceof S3UploadError) || !thrown.retryable) throw asError(thrown);
    this.#failingSinceMs ??= runtime.now();
    if (runtime.now() - this.#failingSinceMs >= retryForMs) throw thrown;
    const delayMs = backoffDelayMs(this.#failures, () => runtime.random(), retryBackoff);
    this.#failures += 1;
    await this.#wait((done) => {
      const cancel = runtime.setTimer(done, delayMs);
      const stopObserving = this.#parts.environment.observe((event) => event === 'online' && done());
      return () => {
        cancel();
        stopObserving();
      };
    });
  }

  async #notPaused(): Promise<void> {
    const { pause } = this.#parts;
    while (pause?.paused === true) {
      await this.#wait((done) => pause.onChange(done));
      // A rest is no time in which nothing got through.
      this.progress();
    }
    if (this.#parts.signal.aborted) throw asError(this.#parts.signal.reason);
  }

  /** @param begin begins to wait for `done`; returns what stops that */
  async #wait(begin: (done: () => void) => () => void): Promise<void> {
    const { signal } = this.#parts;
    let stop = (): void => undefined;
    await new Promise<void>((resolve, reject) => {
      const stopWaiting = begin(resolve);
      const stopAborting = onAbort(signal, (reason) => reject(asError(reason)));
      stop = () => {
        stopWaiting();
        stopAborting();
      };
    }).finally(() => stop());
  }
}
