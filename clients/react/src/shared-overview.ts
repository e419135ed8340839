import type { ProgressClient } from '@stepcast/web';
import { shareOverview, shareSnapshot } from './sharing.ts';
import { NO_OVERVIEW, type OverviewProgress } from './snapshots.ts';
import { type SetTimer, ThrottledView, ViewSet } from './throttled-view.ts';

/** The overview, for all components that show it. The client subscribes to it by itself; here it is only made to connect. */
export class SharedOverview {
  readonly #client: ProgressClient;
  readonly #setTimer: SetTimer;
  readonly #views = new ViewSet<OverviewProgress>();
  readonly #stop: () => void;
  #value = NO_OVERVIEW;

  constructor(client: ProgressClient, setTimer: SetTimer) {
    this.#client = client;
    this.#setTimer = setTimer;
    this.#stop = client.on('overview', () => this.#views.offer(false));
    if (client.connection.status !== 'closed') client.connect();
  }

  get watched(): boolean {
    return this.#views.watched;
  }

  value(throttleMs: number): OverviewProgress {
    return this.#views.value(`${throttleMs}`) ?? this.#read();
  }

  listen(throttleMs: number, listener: () => void): () => void {
    const make = () => new ThrottledView(() => this.#read(), throttleMs, this.#setTimer);
    return this.#views.listen(`${throttleMs}`, make, listener);
  }

  connectionChanged(): void {
    this.#views.offer(false);
  }

  close(): void {
    this.#stop();
  }

  #read(): OverviewProgress {
    const { overview: newest = null, connection } = this.#client;
    const overview = shareOverview(this.#value.overview, newest);
    this.#value = shareSnapshot(this.#value, {
      overview,
      uploads: overview?.uploads ?? NO_OVERVIEW.uploads,
      connection,
      isLive: connection.status === 'live',
      asOf: connection.asOf ?? null,
    });
    return this.#value;
  }
}
