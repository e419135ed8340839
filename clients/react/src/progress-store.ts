import { ConfigurationError, type ConnectionState, type ProgressClient } from '@stepcast/web';
import { SharedOverview } from './shared-overview.ts';
import { SharedUpload, type UploadViewOptions } from './shared-upload.ts';
import { IDLE, NO_OVERVIEW, NO_PROGRESS, type OverviewProgress, type UploadProgress } from './snapshots.ts';
import type { WorkflowOutline } from '@stepcast/contracts';
import type { SetTimer } from './throttled-view.ts';

export const NO_WORKFLOWS: readonly WorkflowOutline[] = [];

/** Where a provider's client comes from. A client that is given stays the giver's; one that is made here is closed here. */
export type ClientSource =
  | { readonly client: ProgressClient; readonly createClient?: undefined }
  | { readonly client?: undefined; readonly createClient: () => ProgressClient };

/**
 * What the hooks below one provider share. Reading has no effect outside of it, so rendering may do it, twice or in vain; only listening, which React
 * does after a commit, makes a client, watches and connects.
 *
 * What the last listener leaves is closed a microtask later: React takes effects back and does them again in one go in Strict
 * Mode, when an option changes and when one component takes the place of another, and nothing is to be opened twice for that.
 */
export class ProgressStore {
  readonly #source: ClientSource;
  readonly setTimer: SetTimer;
  readonly #uploads = new Map<string | null, SharedUpload>();
  readonly #connectionListeners = new Set<() => void>();
  #overview: SharedOverview | undefined;
  #made: ProgressClient | undefined;
  #stopListening: (() => void) | undefined;
  #holders = 0;
  #ended = false;
  #unwatched = NO_PROGRESS;
  #noOverview = NO_OVERVIEW;

  constructor(source: ClientSource, setTimer: SetTimer) {
    this.#source = source;
    this.setTimer = setTimer;
  }

  /**
   * The client; made now if there is none yet.
   * @throws ConfigurationError when the provider that would close it is gone
   */
  client(): ProgressClient {
    if (this.#source.client !== undefined) return this.#source.client;
    if (this.#ended) throw new ConfigurationError('the ProgressProvider of this client is unmounted');
    this.#made ??= this.#source.createClient();
    return this.#made;
  }

  /** Keeps the client open; returns the function that releases it. */
  hold(): () => void {
    this.#holders += 1;
    this.#ended = false;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holders -= 1;
      queueMicrotask(() => this.#sweep());
    };
  }

  get connection(): ConnectionState {
    return (this.#source.client ?? this.#made)?.connection ?? IDLE;
  }

  get workflows(): readonly WorkflowOutline[] {
    return (this.#source.client ?? this.#made)?.workflows ?? NO_WORKFLOWS;
  }

  listenToConnection(listener: () => void): () => void {
    return this.#listen(() => {
      const entry = () => listener();
      this.#connectionListeners.add(entry);
      return () => this.#connectionListeners.delete(entry);
    });
  }

  upload(uploadId: string | null, options: UploadViewOptions): UploadProgress {
    const shared = this.#uploads.get(uploadId);
    if (shared !== undefined) return shared.value(options);
    const { connection } = this;
    if (this.#unwatched.connection !== connection) this.#unwatched = { ...NO_PROGRESS, connection };
    return this.#unwatched;
  }

  listenToUpload(uploadId: string | null, options: UploadViewOptions, listener: () => void): () => void {
    return this.#listen((client) => {
      const shared =
        this.#uploads.get(uploadId) ?? new SharedUpload(client, uploadId, this.setTimer, options.events);
      this.#uploads.set(uploadId, shared);
      return shared.listen(options, listener);
    });
  }

  overview(throttleMs: number): OverviewProgress {
    if (this.#overview !== undefined) return this.#overview.value(throttleMs);
    const { connection } = this;
    if (this.#noOverview.connection !== connection) this.#noOverview = { ...NO_OVERVIEW, connection };
    return this.#noOverview;
  }

  listenToOverview(throttleMs: number, listener: () => void): () => void {
    return this.#listen((client) => {
      this.#overview ??= new SharedOverview(client, this.setTimer);
      return this.#overview.listen(throttleMs, listener);
    });
  }

  #listen(begin: (client: ProgressClient) => () => void): () => void {
    const letGo = this.hold();
    let stop: () => void;
    try {
      const client = this.client();
      this.#stopListening ??= client.on('connection', () => this.#connectionChanged());
      stop = begin(client);
    } catch (thrown) {
      letGo();
      throw thrown;
    }
    return () => {
      stop();
      letGo();
    };
  }

  #connectionChanged(): void {
    for (const shared of [...this.#uploads.values()]) shared.connectionChanged();
    this.#overview?.connectionChanged();
    for (const listener of [...this.#connectionListeners]) listener();
  }

  /** Closes what nobody uses any more. */
  #sweep(): void {
    for (const [uploadId, shared] of [...this.#uploads])
      if (!shared.watched) {
        this.#uploads.delete(uploadId);
        shared.close();
      }
    if (this.#overview?.watched === false) {
      this.#overview.close();
      this.#overview = undefined;
    }
    if (this.#holders > 0) return;
    this.#stopListening?.();
    this.#stopListening = undefined;
    this.#ended = true;
    void this.#made?.close();
    this.#made = undefined;
  }
}
