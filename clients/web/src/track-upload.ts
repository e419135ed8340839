import {
  type Epoch,
  epochOf,
  isTerminal,
  type ProgressEvent,
  type UploadId,
  type UploadState,
} from '@stepcast/contracts';
import * as z from 'zod/mini';
import { Emitter } from './emitter.ts';
import { asError, StepcastError } from './errors.ts';
import type { Runtime } from './runtime.ts';
import type { UploadWatch } from './types.ts';
import { UpdateQueue } from './update-queue.ts';
import { isComplete, type UploadStream } from './upload-stream.ts';
import type { UploadStreams } from './upload-streams.ts';
import { uploadIdFor } from './upload-target.ts';
import type { WatchOptions } from './upload-watch.ts';

/** What `put` calls while the file travels. */
export type PutProgress = (loadedBytes: number, totalBytes?: number) => void;

export interface TrackUploadOptions {
  readonly bucket: string;
  /** The decoded key. */
  readonly key: string;
  /** The file, only for its size; or `sizeBytes`. Without either the size comes from `put`, or stays unknown. */
  readonly file?: { readonly size: number } | undefined;
  readonly sizeBytes?: number | undefined;
  /**
   * Uploads. Called once, after the watch is in place. When it resolves to the answer of S3 (`VersionId`), the version is
   * known exactly; else the first version that was not there before, by its retained state, is taken for it. Rejecting ends the tracker in `uploadFailed`.
   */
  readonly put: (onProgress: PutProgress, signal: AbortSignal) => Promise<unknown>;
  readonly stateThrottleMs?: number | undefined;
}

/**
 * Where an upload is, from the first byte to the end of its workflow:
 * `uploading` → `queued` (in S3, no execution seen yet) → `running` → `done`, or `uploadFailed`.
 */
export type UploadPhase =
  | {
      readonly phase: 'uploading';
      readonly loadedBytes: number;
      /** Null when unknown. */
      readonly totalBytes: number | null;
      readonly percent: number | null;
    }
  | { readonly phase: 'uploadFailed'; readonly error: Error }
  | { readonly phase: 'queued'; readonly state: UploadState | undefined }
  | {
      readonly phase: 'running';
      readonly state: UploadState;
      readonly percent: number | null;
      readonly etaSeconds: number | null;
    }
  | { readonly phase: 'done'; readonly succeeded: boolean; readonly state: UploadState };

interface TrackerEvents {
  phase: UploadPhase;
  event: ProgressEvent;
  /** The watch failed: the file may be up, but its progress is not seen any more. */
  error: StepcastError;
}

/** One upload and its processing. As an async iterable it yields the phases and ends after `done` or `uploadFailed`. */
export interface UploadTracker extends AsyncIterable<UploadPhase> {
  readonly uploadId: UploadId;
  readonly phase: UploadPhase;
  /** The processing side, with steps, events and discontinuities. */
  readonly watch: UploadWatch;
  /** Resolves to the state at the end, whether the workflow succeeded or not; rejects when the upload or the watch failed. */
  readonly done: Promise<UploadState>;
  on<Name extends keyof TrackerEvents>(
    name: Name,
    listener: (payload: TrackerEvents[Name]) => void,
  ): () => void;
  /** Aborts the upload if it still runs, and ends the watch. A workflow that has started goes on. */
  close(): void;
}

interface TrackerParts {
  readonly watch: (options: WatchOptions) => UploadWatch;
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
  readonly watch: UploadWatch;
  readonly done: Promise<UploadState>;
  readonly #options: TrackUploadOptions;
  readonly #parts: TrackerParts;
  readonly #runtime: Runtime;
  /** The stream, where nobody followed the upload before. */
  readonly #stream: UploadStream | undefined;
  readonly #emitter: Emitter<TrackerEvents>;
  readonly #queues = new Set<UpdateQueue<UploadPhase>>();
  readonly #abort = new AbortController();
  readonly #settled = Promise.withResolvers<UploadState>();
  readonly #startedAtMs: number;
  #phase: UploadPhase;
  /** The version that was there before, once known; it is not ours. */
  #baseline: { readonly epoch: Epoch | undefined } | undefined;
  /** Our version, when S3 told it. */
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
    this.watch.on('state', (state) => this.#look(state));
    this.watch.on('complete', (state) => this.#look(state));
    this.watch.on('event', ({ event, epoch }) => {
      if (this.#isOurs(epoch, this.watch.position?.epochStartedAt)) this.#emitter.emit('event', event);
    });
    this.watch.on('error', (error) => {
      this.#end(error);
      this.#emitter.emit('error', error);
    });
    void this.#upload();
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

  close(): void {
    this.#abort.abort();
    this.#end(new StepcastError('closed', 'the tracker was closed'), true);
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
      const answer = PutAnswer.safeParse(await this.#options.put(onProgress, this.#abort.signal));
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
    this.#set({ phase: 'queued', state: undefined });
    const { state } = this.watch;
    if (state !== undefined) this.#look(state);
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

  #look(state: UploadState): void {
    if (!this.#isUp || this.#ended !== undefined) return;
    if (!this.#isOurs(state.position.epoch, state.epochStartedAt)) return;
    const told =
      this.watch.position?.epoch === state.position.epoch &&
      this.watch.position.offset >= state.position.offset;
    if (isComplete(state) && told) {
      this.#set({ phase: 'done', succeeded: state.status === 'succeeded', state });
      this.#settled.resolve(state);
      this.#end(undefined);
      return;
    }
    if (state.status === 'queued') this.#set({ phase: 'queued', state });
    // At its end but not all told yet: the last events are on their way.
    else if (!isTerminal(state.status) || !told)
      this.#set({ phase: 'running', state, percent: state.percent, etaSeconds: state.etaSeconds });
  }

  #uploading(loadedBytes: number, total: number | undefined): UploadPhase {
    const totalBytes = total ?? this.#options.sizeBytes ?? this.#options.file?.size ?? null;
    const percent =
      totalBytes === null ? null : totalBytes === 0 ? 100 : Math.min(100, (loadedBytes / totalBytes) * 100);
    return { phase: 'uploading', loadedBytes, totalBytes, percent };
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
    for (const queue of this.#queues) queue.end(this.#ended.error);
    this.#queues.clear();
    if (error !== undefined) this.#settled.reject(error);
  }
}
