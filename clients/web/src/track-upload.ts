import { type Epoch, epochOf, isTerminal, type UploadId, type UploadState } from '@stepcast/contracts';
import * as z from 'zod/mini';
import { onAbort } from './abort.ts';
import { deferred } from './deferred.ts';
import { Emitter } from './emitter.ts';
import { asError, StepcastError } from './errors.ts';
import { PauseController } from './pause.ts';
import type { Runtime } from './runtime.ts';
import { UpdateQueue } from './update-queue.ts';
import { isComplete } from './completion.ts';
import type { UploadStream } from './upload-stream.ts';
import type { UploadStreams } from './upload-streams.ts';
import { uploadIdFor } from './upload-target.ts';
import type {
  Put,
  PutProgress,
  TrackerEvents,
  TrackUploadOptions,
  UploadPhase,
  UploadTracker,
} from './upload-tracker.port.ts';
import type { StreamWatch, WatchOptions } from './upload-watch.ts';

interface TrackerParts {
  readonly watch: (options: WatchOptions) => StreamWatch;
  readonly put: Put;
  readonly streams: Pick<UploadStreams, 'of' | 'uploaded'>;
  readonly runtime: Runtime;
  readonly onListenerError: (error: unknown) => void;
}

/** How long `put` waits for the subscription, so that nothing of the upload can be missed. The upload itself never depends on it. */
const BASELINE_WAIT_MS = 3_000;
/** Without a baseline, a version that began this long before the upload is an earlier one. Clocks may differ by that. */
const CLOCK_TOLERANCE_MS = 60_000;

const PutAnswer = z.object({ VersionId: z.optional(z.string()) });

/** See `ProgressClient.trackUpload`. */
export function trackUpload(options: TrackUploadOptions, parts: TrackerParts): UploadTracker {
  return new Tracker(options, parts);
}

class Tracker implements UploadTracker {
  readonly watch: StreamWatch;
  readonly done: Promise<UploadState>;
  readonly #options: TrackUploadOptions;
  readonly #parts: TrackerParts;
  readonly #runtime: Runtime;
  /** The stream, where nobody followed the upload before. */
  readonly #stream: UploadStream | undefined;
  readonly #emitter: Emitter<TrackerEvents>;
  readonly #queues = new Set<UpdateQueue<UploadPhase>>();
  readonly #abort = new AbortController();
  readonly #pause = new PauseController();
  #stopAborting: () => void = () => undefined;
  readonly #settled = deferred<UploadState>();
  readonly #startedAtMs: number;
  #phase: UploadPhase;
  /** The version that was there before, once known; it is not ours. */
  #baseline: { readonly epoch: Epoch | undefined } | undefined;
  /** Our version, when S3 gave it. */
  #own: Epoch | undefined;
  #isUp = false;
  #ended: { readonly error: Error | undefined } | undefined;

  constructor(options: TrackUploadOptions, parts: TrackerParts) {
    this.#options = options;
    this.#parts = parts;
    this.#runtime = parts.runtime;
    this.#startedAtMs = parts.runtime.now();
    this.#emitter = new Emitter(parts.onListenerError);
    this.done = this.#settled.promise;
    this.done.catch(() => undefined);
    this.#phase = this.#uploading(0, undefined);
    const isNew = parts.streams.of(uploadIdFor(options)) === undefined;
    this.watch = parts.watch({ stateThrottleMs: options.stateThrottleMs });
    this.#stream = isNew ? parts.streams.of(this.watch.uploadId) : undefined;
    this.#stream?.beginsHere();
    this.watch.on('state', (state) => this.#stateChanged(state));
    this.watch.on('complete', (state) => this.#stateChanged(state));
    this.watch.on('event', ({ event, epoch }) => {
      if (this.#isOurs(epoch, this.watch.position?.epochStartedAt)) this.#emitter.emit('event', event);
    });
    this.watch.on('error', (error) => {
      this.#end(error);
      this.#emitter.emit('error', error);
    });
    this.watch.on('waiting', (waiting) => {
      if (this.#phase.phase === 'queued' && waiting !== undefined) this.#set({ ...this.#phase, waiting });
    });
    this.#pause.signal.onChange(() => {
      if (this.#phase.phase === 'uploading') this.#set({ ...this.#phase, paused: this.#pause.signal.paused });
    });
    void this.#upload();
    this.#stopAborting = onAbort(options.signal, (reason) => this.#close(asError(reason)));
  }

  get uploadId(): UploadId {
    return this.watch.uploadId;
  }

  get phase(): UploadPhase {
    return this.#phase;
  }

  on<Name extends keyof TrackerEvents>(
    name: Name,
    listener: (payload: TrackerEvents[Name]) => void,
  ): () => void {
    return this.#emitter.on(name, listener);
  }

  [Symbol.asyncIterator](): AsyncIterator<UploadPhase> {
    const queue = new UpdateQueue<UploadPhase>((left) => this.#queues.delete(left));
    queue.push(this.#phase);
    if (this.#ended !== undefined) queue.end(this.#ended.error);
    else this.#queues.add(queue);
    return queue;
  }

  pause(): void {
    this.#pause.pause();
  }

  resume(): void {
    this.#pause.resume();
  }

  close(): void {
    this.#close(undefined);
  }

  #close(cause: Error | undefined): void {
    this.#abort.abort();
    this.#end(new StepcastError('closed', 'the tracker was closed', { cause }), true);
    this.watch.close();
  }

  async #upload(): Promise<void> {
    await this.#baselineKnown();
    this.#baseline ??= { epoch: this.watch.position?.epoch };
    if (this.#abort.signal.aborted) return;
    this.#stream?.uploadBegins();
    try {
      const onProgress: PutProgress = (loadedBytes, totalBytes) => {
        if (!this.#isUp) this.#set(this.#uploading(loadedBytes, totalBytes));
      };
      const answer = PutAnswer.safeParse(await this.#put(onProgress));
      this.#own = answer.success ? epochOf({ versionId: answer.data.VersionId }) : undefined;
    } catch (thrown) {
      const error = asError(thrown);
      this.#set({ phase: 'uploadFailed', error });
      this.#end(undefined);
      this.#settled.reject(error);
      this.watch.close();
      return;
    }
    if (this.#ended !== undefined) return;
    if (this.#stream !== undefined) this.#parts.streams.uploaded(this.#stream);
    this.#isUp = true;
    const { state } = this.watch;
    const hasStarted = state?.status !== undefined && state.status !== 'queued';
    if (!hasStarted || !this.#isOurs(state.position.epoch, state.epochStartedAt)) this.watch.uploaded();
    this.#set({ phase: 'queued', state: undefined, waiting: this.watch.waiting });
    if (state !== undefined) this.#stateChanged(state);
  }

  #put(onProgress: PutProgress): Promise<unknown> {
    return this.#parts.put(onProgress, this.#abort.signal, this.#pause.signal);
  }

  /**
   * Waits, but never for long, until the watch is subscribed, and caught up where the page followed the upload before. Else
   * there is nothing to catch up with: an earlier version is known by its retained state.
   */
  async #baselineKnown(): Promise<void> {
    if (this.watch.synced) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#runtime.setTimer(resolve, BASELINE_WAIT_MS);
      const finish = () => {
        cancel();
        resolve();
      };
      this.watch.on('synced', finish);
      this.watch.on('error', finish);
      this.#abort.signal.addEventListener('abort', finish, { once: true });
    });
  }

  #isOurs(epoch: Epoch, epochStartedAt: string | undefined): boolean {
    if (this.#own !== undefined) return epoch === this.#own;
    if (this.#baseline === undefined || epoch === this.#baseline.epoch) return false;
    if (this.#stream?.isEarlier(epoch) === true) return false;
    return (
      epochStartedAt === undefined || Date.parse(epochStartedAt) >= this.#startedAtMs - CLOCK_TOLERANCE_MS
    );
  }

  #stateChanged(state: UploadState): void {
    if (!this.#isUp || this.#ended !== undefined) return;
    if (!this.#isOurs(state.position.epoch, state.epochStartedAt)) return;
    const isEmitted =
      this.watch.position?.epoch === state.position.epoch &&
      this.watch.position.offset >= state.position.offset;
    if (isComplete(state) && isEmitted) {
      this.#set({ phase: 'done', succeeded: state.status === 'succeeded', state });
      this.#settled.resolve(state);
      this.#end(undefined);
      return;
    }
    if (state.status === 'queued') this.#set({ phase: 'queued', state, waiting: this.watch.waiting });
    // At its end, but the last events are still on their way.
    else if (!isTerminal(state.status) || !isEmitted)
      this.#set({ phase: 'running', state, percent: state.percent, etaSeconds: state.etaSeconds });
  }

  #uploading(loadedBytes: number, total: number | undefined): UploadPhase {
    const totalBytes = total ?? this.#options.sizeBytes ?? this.#options.file?.size ?? null;
    const percent =
      totalBytes === null ? null : totalBytes === 0 ? 100 : Math.min(100, (loadedBytes / totalBytes) * 100);
    return { phase: 'uploading', loadedBytes, totalBytes, percent, paused: this.#pause.signal.paused };
  }

  #set(phase: UploadPhase): void {
    if (this.#ended !== undefined) return;
    this.#phase = phase;
    for (const queue of this.#queues) queue.push(phase);
    this.#emitter.emit('phase', phase);
  }

  #end(error: Error | undefined, quietly = false): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error: quietly ? undefined : error };
    this.#stream?.uploadEnds();
    this.#stopAborting();
    for (const queue of this.#queues) queue.end(this.#ended.error);
    this.#queues.clear();
    if (error !== undefined) this.#settled.reject(error);
  }
}
