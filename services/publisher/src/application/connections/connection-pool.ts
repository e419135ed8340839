import type { Clock, Logger, Timers } from '@stepcast/kit';
import { nextPoolSize } from '../../domain/pool-size.ts';
import { rendezvous } from '../../domain/rendezvous.ts';
import type { MqttPublisher } from '../../ports/mqtt-publisher.port.ts';
import { Lane } from './lane.ts';
import type { ConnectionLimits, PublishJob } from './publish-job.ts';
import type { PublisherMetrics } from '../publisher-metrics.ts';

const SCALE_EVERY_MS = 1_000;

export interface ConnectionPoolOptions {
  readonly publisher: MqttPublisher;
  /** Each connection's client ID is this and a number. */
  readonly clientIdPrefix: string;
  readonly limits: ConnectionLimits;
  readonly minConnections: number;
  readonly maxConnections: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: PublisherMetrics;
}

/**
 * Spreads jobs over connections. A key belongs to one connection (rendezvous hashing); when a connection comes or goes,
 * the jobs that were not begun move with their keys. Order holds all the same, because nobody submits a key's next job
 * before the last has settled.
 */
export class ConnectionPool {
  readonly #options: ConnectionPoolOptions;
  #lanes: Lane[] = [];
  /** Of `#lanes`, made when they change: every job asks for them. */
  #laneIds: readonly string[] = [];
  readonly #retiring = new Set<Lane>();
  #nextLane = 0;
  #quietIntervals = 0;
  #inFlight = 0;
  #cancelScale: (() => void) | undefined;
  #stopped = false;

  constructor(options: ConnectionPoolOptions) {
    this.#options = options;
  }

  /** What is wrong with the connections; `undefined` while at least one works. */
  get problem(): string | undefined {
    const problems = this.#lanes.map((lane) => lane.problem);
    return problems.includes(undefined) ? undefined : problems[0];
  }

  start(): void {
    this.#resize(this.#options.minConnections);
    this.#scaleLater();
  }

  submit(job: PublishJob): void {
    const lane = this.#lanes[rendezvous(job.key, this.#laneIds)];
    if (lane === undefined || this.#stopped) job.settle({ kind: 'abandoned' });
    else lane.submit(job);
  }

  async stop(options: { readonly force: boolean }): Promise<void> {
    this.#stopped = true;
    this.#cancelScale?.();
    await Promise.all([...this.#lanes, ...this.#retiring].map((lane) => lane.stop(options)));
  }

  #scaleLater(): void {
    this.#cancelScale = this.#options.timers.after(SCALE_EVERY_MS, () => {
      this.#scale();
      this.#scaleLater();
    });
  }

  #scale(): void {
    const { minConnections, maxConnections } = this.#options;
    const shares = this.#lanes.map((lane) => lane.takeUsage(SCALE_EVERY_MS));
    // The fullest connection decides: a key cannot move to an emptier one while the number stays.
    const used = Math.max(0, ...shares);
    const next = nextPoolSize({
      size: this.#lanes.length,
      minimum: minConnections,
      maximum: maxConnections,
      used,
      quietIntervals: this.#quietIntervals,
    });
    this.#quietIntervals = next.quietIntervals;
    this.#resize(next.size);
  }

  #resize(size: number): void {
    if (size === this.#lanes.length) return;
    const before = this.#lanes;
    const lanes = before.slice(0, size);
    while (lanes.length < size) lanes.push(this.#open());
    this.#lanes = lanes;
    this.#laneIds = lanes.map((lane) => lane.id);
    this.#options.logger.info({ from: before.length, to: size }, 'connection pool resized');
    this.#options.metrics.connections.set(size);
    for (const job of before.flatMap((lane) => lane.takeWaiting())) this.submit(job);
    for (const lane of before.slice(size)) void this.#retire(lane);
  }

  #open(): Lane {
    const { publisher, limits, clock, timers, random, logger, clientIdPrefix, metrics } = this.#options;
    const id = String(this.#nextLane);
    this.#nextLane += 1;
    const lane = new Lane({
      id,
      publisher,
      clientId: `${clientIdPrefix}-${id}`,
      limits,
      clock,
      timers,
      random,
      logger: logger.child({ lane: id }),
      onReconnect: () => {
        metrics.reconnects.add({ connection: 'publish' });
      },
      onThrottled: () => {
        metrics.throttled.add({ service: 'iot' });
      },
      onInFlight: (change) => {
        this.#inFlight += change;
        metrics.inFlight.set(this.#inFlight);
      },
    });
    lane.start();
    return lane;
  }

  /** Lets what is on its way arrive, then closes. */
  async #retire(lane: Lane): Promise<void> {
    this.#retiring.add(lane);
    await lane.drained();
    await lane.stop({ force: false });
    this.#retiring.delete(lane);
  }
}
