import { errorFields, type Clock, type Logger, type Timers } from '@stepcast/kit';
import {
  SubscribeRefusedError,
  type IncomingMqttMessage,
  type MqttPublisher,
  type MqttSession,
} from '../../ports/mqtt-publisher.port.ts';
import type { PublisherMetrics } from '../publisher-metrics.ts';
import { SessionKeeper } from '../connections/session-keeper.ts';

/** The group whose members share the requests, where the broker has shared subscriptions. */
export const SHARE_GROUP = 'stepcast-publisher';

/** How long the broker may take to answer a subscription. */
const SUBACK_TIMEOUT_MS = 10_000;

export interface RequestListenerOptions {
  readonly publisher: MqttPublisher;
  readonly clientId: string;
  readonly filter: string;
  /** `auto`: shared, and plain where the broker refuses that. */
  readonly sharedSubscription: 'auto' | 'always' | 'never';
  /** @param isShared each request goes to one copy only, so this one must answer it; if not, every copy gets all of them */
  readonly onRequest: (message: IncomingMqttMessage, isShared: boolean) => void;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: PublisherMetrics;
}

/**
 * Keeps the subscription to catch-up requests on a connection of its own: IoT Core counts what comes in on a connection
 * against the same 100 messages a second as what goes out.
 */
export class RequestListener {
  readonly #options: RequestListenerOptions;
  readonly #keeper: SessionKeeper;
  #subscribed = false;

  constructor(options: RequestListenerOptions) {
    this.#options = options;
    this.#keeper = new SessionKeeper({
      publisher: options.publisher,
      clientId: options.clientId,
      clock: options.clock,
      timers: options.timers,
      random: options.random,
      logger: options.logger,
      onReconnect: () => {
        options.metrics.reconnects.add({ connection: 'requests' });
      },
      onLost: () => {
        this.#subscribed = false;
      },
      onReady: (session) => {
        void this.#subscribe(session);
      },
    });
  }

  get problem(): string | undefined {
    return this.#keeper.problem ?? (this.#subscribed ? undefined : 'not subscribed');
  }

  start(): void {
    this.#keeper.start();
  }

  async stop(options: { readonly force: boolean }): Promise<void> {
    await this.#keeper.stop(options);
  }

  async #subscribe(session: MqttSession): Promise<void> {
    const { filter, sharedSubscription, onRequest, logger, timers } = this.#options;
    const cancelTimeout = timers.after(SUBACK_TIMEOUT_MS, () => {
      void session.close({ force: true });
    });
    const shared = `$share/${SHARE_GROUP}/${filter}`;
    const tryShared =
      sharedSubscription === 'always' ||
      (sharedSubscription === 'auto' && session.traits.sharedSubscriptions);
    try {
      if (tryShared && (await this.#trySubscribe(session, shared))) return;
      if (sharedSubscription === 'always') throw new SubscribeRefusedError(shared, undefined);
      await session.subscribe(filter, (message) => {
        onRequest(message, false);
      });
      this.#became(filter);
    } catch (thrown) {
      logger.error(errorFields(thrown), 'not subscribed to catch-up requests');
      // Another connection is another try, after the usual wait.
      await session.close({ force: false });
    } finally {
      cancelTimeout();
    }
  }

  async #trySubscribe(session: MqttSession, filter: string): Promise<boolean> {
    try {
      await session.subscribe(filter, (message) => {
        this.#options.onRequest(message, true);
      });
      this.#became(filter);
      return true;
    } catch (thrown) {
      if (!(thrown instanceof SubscribeRefusedError)) throw thrown;
      this.#options.logger.info({ filter, reasonCode: thrown.reasonCode }, 'shared subscription refused');
      return false;
    }
  }

  #became(filter: string): void {
    this.#subscribed = true;
    this.#keeper.proven();
    this.#options.logger.info({ filter }, 'listening for catch-up requests');
  }
}
