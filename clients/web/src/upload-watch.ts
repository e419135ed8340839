import type { ProgressEvent, UploadId, UploadState } from '@stepcast/contracts';
import { Emitter } from './emitter.ts';
import { onAbort } from './abort.ts';
import { asError, StepcastError } from './errors.ts';
import type { Runtime } from './runtime.ts';
import type { StreamPosition } from './stream-merger.ts';
import type { EventUpdate, UploadEvents, UploadUpdate, UploadWatch } from './types.ts';
import { UpdateQueue } from './update-queue.ts';
import { type Waiting, WaitingClock } from './waiting.ts';
import type { WaitingTimes } from './waiting-times.ts';

/** What a watch sees of the stream that it shares with other watches of the same upload. */
export interface SharedStream {
  readonly uploadId: UploadId;
  readonly state: UploadState | undefined;
  readonly position: StreamPosition | undefined;
  readonly synced: boolean;
  readonly complete: boolean;
  readonly history: readonly EventUpdate[];
}

export interface WatchOptions {
  /** Closes the watch by itself after the first `complete`. Default false: a redrive can open the upload again. */
  readonly closeOnComplete?: boolean | undefined;
  /**
   * At most one `state` update in so many milliseconds; the newest wins, an end is emitted at once. Default 0: every one. Events are never
   * held back.
   */
  readonly stateThrottleMs?: number | undefined;
  /** Closes the watch when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

interface WatchParts {
  readonly stream: SharedStream;
  readonly options: WatchOptions;
  readonly runtime: Runtime;
  readonly onListenerError: (error: unknown) => void;
  /** What starts usually take, for `waiting`. */
  readonly times: WaitingTimes;
  /** What an operator calls the upload: `s3://bucket/key`, or its ID. */
  readonly subject: string;
  readonly onClose: (watch: StreamWatch) => void;
}

/** One watch of a shared stream: `push` is the stream's side, the rest the application's. */
export class StreamWatch implements UploadWatch {
  readonly done: Promise<UploadState>;
  readonly #parts: WatchParts;
  readonly #emitter: Emitter<UploadEvents>;
  readonly #queues = new Set<UpdateQueue<UploadUpdate>>();
  #settle: { resolve: (state: UploadState) => void; reject: (error: StepcastError) => void } | undefined;
  #ended: { readonly error: StepcastError | undefined } | undefined;
  #heldState: UploadState | undefined;
  #cancelThrottle: (() => void) | undefined;
  readonly #clock: WaitingClock;
  readonly #stopAborting: () => void;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#emitter = new Emitter(parts.onListenerError);
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.done.catch(() => undefined);
    this.#clock = new WaitingClock({
      ...parts,
      onChange: (waiting) => this.#emitter.emit('waiting', waiting),
    });
    if (parts.stream.state !== undefined) this.#clock.state(parts.stream.state);
    // Not at once: who made this watch has to know it before it can be closed.
    this.#stopAborting = onAbort(parts.options.signal, (reason) =>
      queueMicrotask(() => this.#close(asError(reason))),
    );
  }

  get uploadId(): UploadId {
    return this.#parts.stream.uploadId;
  }

  get state(): UploadState | undefined {
    return this.#parts.stream.state;
  }

  get waiting(): Waiting | undefined {
    return this.#clock.waiting;
  }

  get position(): StreamPosition | undefined {
    return this.#parts.stream.position;
  }

  get synced(): boolean {
    return this.#parts.stream.synced;
  }

  get events(): readonly ProgressEvent[] {
    return this.#parts.stream.history.map(({ event }) => event);
  }

  on<Name extends keyof UploadEvents>(
    name: Name,
    listener: (payload: UploadEvents[Name]) => void,
  ): () => void {
    return this.#emitter.on(name, listener);
  }

  [Symbol.asyncIterator](): AsyncIterator<UploadUpdate> {
    const queue = new UpdateQueue<UploadUpdate>((done) => this.#queues.delete(done));
    const { history, state, complete } = this.#parts.stream;
    for (const update of history) queue.push(update);
    if (state !== undefined) queue.push({ type: 'state', state });
    if (state !== undefined && complete) queue.push({ type: 'complete', state });
    if (complete || this.#ended !== undefined) queue.end(this.#ended?.error);
    else this.#queues.add(queue);
    return queue;
  }

  /** Hands one update to the application. */
  push(update: UploadUpdate): void {
    if (this.#ended !== undefined) return;
    if (update.type === 'state') this.#clock.state(update.state);
    if (update.type === 'state' && this.#held(update.state)) return;
    if (update.type !== 'state' && update.type !== 'event') this.#releaseState();
    this.#tell(update);
  }

  synchronised(): void {
    if (this.#ended === undefined) this.#emitter.emit('synced', undefined);
  }

  fail(error: StepcastError): void {
    if (this.#ended !== undefined) return;
    this.#end(error);
    this.#emitter.emit('error', error);
  }

  /** The page has uploaded the file itself: from now on it waits for the workflow. */
  uploaded(): void {
    if (this.#ended === undefined) this.#clock.uploaded();
  }

  close(): void {
    this.#close(undefined);
  }

  #close(cause: Error | undefined): void {
    if (this.#ended !== undefined) return;
    this.#end(undefined, cause);
    this.#parts.onClose(this);
  }

  #tell(update: UploadUpdate): void {
    for (const queue of this.#queues) queue.push(update);
    switch (update.type) {
      case 'event':
        this.#emitter.emit('event', update);
        return;
      case 'discontinuity':
        this.#emitter.emit('discontinuity', update);
        return;
      case 'state':
      case 'reopened':
        this.#emitter.emit(update.type, update.state);
        return;
      case 'complete':
        for (const queue of this.#queues) queue.end(undefined);
        this.#queues.clear();
        this.#settle?.resolve(update.state);
        this.#emitter.emit('complete', update.state);
        if (this.#parts.options.closeOnComplete === true) this.close();
    }
  }

  /** Whether a state was put aside for later. */
  #held(state: UploadState): boolean {
    const { stateThrottleMs = 0 } = this.#parts.options;
    if (stateThrottleMs <= 0) return false;
    if (this.#cancelThrottle !== undefined) {
      this.#heldState = state;
      return true;
    }
    this.#cancelThrottle = this.#parts.runtime.setTimer(() => this.#releaseState(), stateThrottleMs);
    return false;
  }

  #releaseState(): void {
    this.#cancelThrottle?.();
    this.#cancelThrottle = undefined;
    const state = this.#heldState;
    this.#heldState = undefined;
    if (state !== undefined && this.#ended === undefined) this.#tell({ type: 'state', state });
  }

  #end(error: StepcastError | undefined, cause?: Error): void {
    this.#cancelThrottle?.();
    this.#stopAborting();
    this.#clock.stop();
    this.#ended = { error };
    for (const queue of this.#queues) queue.end(error);
    this.#queues.clear();
    this.#settle?.reject(
      error ?? new StepcastError('closed', 'the watch was closed before completion', { cause }),
    );
  }
}
