import type { ProgressEvent, UploadState } from '@stepcast/contracts';
import {
  type DiscontinuityUpdate,
  type ProgressClient,
  StepcastError,
  type UploadWatch,
} from '@stepcast/web';
import { shareSnapshot, shareState } from './sharing.ts';
import { NO_PROGRESS, type UploadProgress } from './snapshots.ts';
import { type SetTimer, ThrottledView, ViewSet } from './throttled-view.ts';

/** How a component wants to see an upload. */
export interface UploadViewOptions {
  readonly throttleMs: number;
  readonly events: boolean;
}

/**
 * One upload, for all components that watch it: one watch of the client, one snapshot of it, and a view for each way of seeing it.
 *
 * A client that fails ends the watch; when the client connects again, the upload is watched again. A component that has no upload to
 * watch (yet) shares one of these too, which follows the connection alone.
 */
export class SharedUpload {
  readonly #client: ProgressClient;
  readonly #uploadId: string | null;
  readonly #setTimer: SetTimer;
  readonly #views = new ViewSet<UploadProgress>();
  /** Whether the watch asks for every event, also of those that an earlier page had. */
  #fromStart: boolean;
  #watch: UploadWatch | undefined;
  #stops: readonly (() => void)[] = [];
  #endedWithClient = false;
  #discontinuity: DiscontinuityUpdate | null = null;
  #completion: UploadState | null = null;
  #watchError: StepcastError | null = null;
  #asOf: string | null = null;
  /** Shown after a failure until the new watch has a state. */
  #lastState: UploadState | null = null;
  #events: readonly ProgressEvent[] = NO_PROGRESS.events;
  #eventsAreOld = true;
  #plain = NO_PROGRESS;
  #plainIsOld = true;
  #withEvents = NO_PROGRESS;

  /** @param events whether the first component that watches it wants events */
  constructor(client: ProgressClient, uploadId: string | null, setTimer: SetTimer, events: boolean) {
    this.#client = client;
    this.#uploadId = uploadId;
    this.#setTimer = setTimer;
    this.#fromStart = events;
    this.#open();
  }

  get watched(): boolean {
    return this.#views.watched;
  }

  /** What components with these options show. */
  value(options: UploadViewOptions): UploadProgress {
    return this.#views.value(viewName(options)) ?? this.#read(options.events);
  }

  listen(options: UploadViewOptions, listener: () => void): () => void {
    if (options.events && !this.#fromStart) {
      this.#fromStart = true;
      this.#open();
    }
    const make = () => {
      const read = () => this.#read(options.events);
      return new ThrottledView(read, options.throttleMs, this.#setTimer);
    };
    return this.#views.listen(viewName(options), make, listener);
  }

  connectionChanged(): void {
    const { status } = this.#client.connection;
    if (this.#endedWithClient && status !== 'failed' && status !== 'closed') this.#open();
    this.#changed(false);
  }

  /** Follows the upload again after it could not be followed; has the client connect. Always the same function. */
  readonly #retry = (): void => {
    const { status } = this.#client.connection;
    if (this.#watchError === null || status === 'closed') return;
    this.#client.connect();
    // A client that had failed opens it by its change of connection.
    if (status !== 'failed') this.#open();
    this.#changed(true);
  };

  close(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#watch?.close();
    this.#watch = undefined;
  }

  #open(): void {
    if (this.#uploadId === null) return;
    this.close();
    this.#endedWithClient = false;
    this.#watchError = null;
    this.#lastState = this.#plain.state;
    this.#eventsAreOld = true;
    let watch: UploadWatch;
    try {
      // Throttled here and nowhere else: two throttles in a row would add up.
      watch = this.#client.watch(this.#uploadId, {
        stateThrottleMs: 0,
        resume: !this.#fromStart,
      });
    } catch (thrown) {
      this.#watchError =
        thrown instanceof StepcastError
          ? thrown
          : new StepcastError('configuration', 'the upload cannot be watched', { cause: thrown });
      return;
    }
    this.#watch = watch;
    this.#stops = [
      // The first one is waited for.
      watch.on('state', () => this.#changed(this.#plain.state === null)),
      watch.on('synced', () => this.#changed(false)),
      watch.on('waiting', () => this.#changed(false)),
      watch.on('event', () => {
        this.#eventsAreOld = true;
        this.#views.offer(false);
      }),
      watch.on('discontinuity', (discontinuity) => {
        this.#discontinuity = discontinuity;
        this.#lastState = null;
        this.#eventsAreOld = true;
        this.#changed(true);
      }),
      watch.on('complete', (state) => {
        this.#completion = state;
        this.#changed(true);
      }),
      watch.on('reopened', () => {
        this.#completion = null;
        this.#changed(true);
      }),
      watch.on('error', (error) => {
        this.#watchError = error;
        this.#endedWithClient = this.#client.connection.status === 'failed';
        this.#changed(true);
      }),
    ];
  }

  #changed(urgent: boolean): void {
    this.#plainIsOld = true;
    this.#views.offer(urgent);
  }

  #read(events: boolean): UploadProgress {
    const plain = this.#readPlain();
    if (!events) return plain;
    if (this.#eventsAreOld) this.#events = this.#watch?.events ?? this.#events;
    this.#eventsAreOld = false;
    this.#withEvents = shareSnapshot(this.#withEvents, { ...plain, events: this.#events });
    return this.#withEvents;
  }

  #readPlain(): UploadProgress {
    if (!this.#plainIsOld) return this.#plain;
    const state = shareState(this.#plain.state, this.#watch?.state ?? this.#lastState);
    // After another upload to the same address the old end is no end of the new one.
    const { connection } = this.#client;
    const isLive = this.#watch?.synced === true;
    // From the loss of the connection until it has caught up again.
    this.#asOf = isLive ? null : (connection.asOf ?? this.#asOf);
    const ended = this.#completion?.position.epoch === state?.position.epoch;
    this.#plain = shareSnapshot(this.#plain, {
      state,
      status: state?.status ?? null,
      percent: state?.percent ?? null,
      etaSeconds: state?.etaSeconds ?? null,
      steps: state?.steps ?? NO_PROGRESS.steps,
      error: state?.error ?? null,
      result: state?.result ?? null,
      events: NO_PROGRESS.events,
      discontinuity: this.#discontinuity,
      completion: ended ? this.#completion : null,
      watchError: this.#watchError,
      waiting: this.#watch?.waiting ?? null,
      connection,
      isLive,
      asOf: this.#asOf,
      retry: this.#retry,
    });
    this.#plainIsOld = false;
    return this.#plain;
  }
}

function viewName({ throttleMs, events }: UploadViewOptions): string {
  return `${throttleMs} ${events}`;
}
