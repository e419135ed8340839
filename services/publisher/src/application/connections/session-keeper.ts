import { asError, errorFields, fullJitterMs, type Clock, type Logger, type Timers } from '@stepcast/kit';
import type { MqttPublisher, MqttSession } from '../../ports/mqtt-publisher.port.ts';

/** Waits between attempts to connect; full jitter, so that copies that lost the broker together do not come back together. */
export const RECONNECT_BACKOFF = { baseMs: 500, capMs: 30_000 } as const;
/** An attempt to connect is given up after this long. */
export const CONNECT_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 5_000;

/**
 * What a keeper is doing:
 *
 * - `idle`: not started.
 * - `connecting`: an attempt is under way.
 * - `ready`: connected; `onReady` was called with the session.
 * - `waiting`: the last attempt failed or the session ended; another attempt follows after a random wait.
 * - `stopped`: for good; nothing follows.
 *
 * idle → connecting → ready | waiting; ready → waiting; waiting → connecting; any → stopped.
 */
export type KeeperState = 'idle' | 'connecting' | 'ready' | 'waiting' | 'stopped';

export interface SessionKeeperOptions {
  readonly publisher: MqttPublisher;
  readonly clientId: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: () => number;
  readonly logger: Logger;
  readonly onReady: (session: MqttSession) => void;
  readonly onLost: (reason: Error) => void;
  /** Called at each attempt after the first. */
  readonly onReconnect: () => void;
}

/** Keeps one session to the broker open for as long as it is wanted. */
export class SessionKeeper {
  readonly #options: SessionKeeperOptions;
  #state: KeeperState = 'idle';
  #session: MqttSession | undefined;
  #attempt = 0;
  #attempts = 0;
  #cancelWait: (() => void) | undefined;
  #abort = new AbortController();
  #lastProblem: string | undefined;

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
  }

  get state(): KeeperState {
    return this.#state;
  }

  /** Why there is no session, for the health endpoint. */
  get problem(): string | undefined {
    return this.#state === 'ready' ? undefined : (this.#lastProblem ?? this.#state);
  }

  start(): void {
    if (this.#state === 'idle') this.#connect();
  }

  /** The session did something useful: the next loss starts with the shortest wait again. */
  proven(): void {
    this.#attempt = 0;
  }

  /** Ends the session although the broker did not, because nothing comes back on it any more. */
  giveUp(): void {
    void this.#session?.close({ force: true });
  }

  async stop(options: { readonly force: boolean }): Promise<void> {
    this.#set('stopped');
    this.#cancelWait?.();
    this.#abort.abort();
    const session = this.#session;
    if (session === undefined) return;
    // A broker that is gone without a word answers no farewell.
    const cancelTimeout = this.#options.timers.after(CLOSE_TIMEOUT_MS, () => {
      void session.close({ force: true });
    });
    await session.close(options).finally(cancelTimeout);
  }

  #set(state: KeeperState): void {
    if (this.#state === 'stopped') return;
    this.#options.logger.debug({ from: this.#state, to: state }, 'connection state changed');
    this.#state = state;
  }

  #connect(): void {
    this.#set('connecting');
    if (this.#attempts > 0) this.#options.onReconnect();
    this.#attempts += 1;
    const abort = new AbortController();
    this.#abort = abort;
    const cancelTimeout = this.#options.timers.after(CONNECT_TIMEOUT_MS, () => {
      abort.abort(new Error(`no CONNACK within ${CONNECT_TIMEOUT_MS} ms`));
    });
    void this.#open(abort.signal).finally(cancelTimeout);
  }

  async #open(signal: AbortSignal): Promise<void> {
    const { publisher, clientId, logger } = this.#options;
    let session: MqttSession;
    try {
      session = await publisher.connect({ clientId, signal });
    } catch (thrown) {
      if (this.#isStopped()) return;
      this.#lastProblem = asError(thrown).message;
      logger.warn(errorFields(thrown), 'broker not reachable');
      this.#wait();
      return;
    }
    // Stopped while the attempt was under way.
    if (this.#isStopped()) {
      await session.close({ force: true });
      return;
    }
    this.#session = session;
    this.#set('ready');
    void session.closed.then((reason) => {
      this.#ended(session, reason);
    });
    this.#options.onReady(session);
  }

  #isStopped(): boolean {
    return this.#state === 'stopped';
  }

  #ended(session: MqttSession, reason: Error): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    this.#lastProblem = reason.message;
    if (!this.#isStopped()) this.#options.logger.warn(errorFields(reason), 'connection to the broker ended');
    this.#options.onLost(reason);
    if (!this.#isStopped()) this.#wait();
  }

  #wait(): void {
    this.#set('waiting');
    const delayMs = fullJitterMs(this.#attempt, RECONNECT_BACKOFF, this.#options.random);
    this.#attempt += 1;
    this.#cancelWait = this.#options.timers.after(delayMs, () => {
      if (this.#state === 'waiting') this.#connect();
    });
  }
}
