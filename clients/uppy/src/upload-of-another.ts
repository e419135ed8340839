import type { PutProgress, UploadTracker } from '@stepcast/web';

/** An upload that another plugin makes: `put` waits until that one has ended. */
export class UploadOfAnother {
  readonly #ended: Promise<void>;
  #end: () => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;

  constructor() {
    this.#ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    // Nobody waits for it where the tracker was closed before.
    this.#ended.catch(() => undefined);
  }

  readonly put = (_onProgress: PutProgress, signal: AbortSignal): Promise<void> => {
    signal.addEventListener('abort', this.#end);
    return this.#ended;
  };

  end(): void {
    this.#end();
  }

  fail(error: Error): void {
    this.#fail(error);
  }
}

/** How the upload of a tracker ended: up, closed before that, or failed. */
export function outcomeOf(tracker: UploadTracker): Promise<'uploaded' | 'closed' | Error> {
  return new Promise((resolve) => {
    const settle = () => {
      const { phase } = tracker;
      if (phase.phase === 'uploadFailed') resolve(phase.error);
      else if (phase.phase !== 'uploading') resolve('uploaded');
    };
    tracker.on('phase', settle);
    settle();
    tracker.done.catch(() => {
      settle();
      resolve('closed');
    });
  });
}
