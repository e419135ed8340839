import type { Clock, Timers } from '../clock.ts';
import { errorFields } from '../errors.ts';
import type { HealthChecks } from '../health/health-checks.ts';
import type { Logger } from '../logger.ts';
import type { MetricReading, Metrics } from '../metrics.ts';
import { emfLines, type EmfOptions } from './emf-document.ts';
import { growthOf } from './growth.ts';

/** Counts starts of the service. */
export const STARTED_METRIC = 'Started';
/** Counts the minutes at whose end the service was not ready. */
export const NOT_READY_METRIC = 'NotReady';

export interface MetricsLogOptions extends EmfOptions {
  readonly metrics: readonly Pick<Metrics, 'read'>[];
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** Default none: readiness is not counted. */
  readonly health?: Pick<HealthChecks, 'ready'>;
  /** Takes a line without its end. */
  readonly write: (line: string) => void;
  /** Default 60,000: CloudWatch's own resolution. */
  readonly everyMs?: number;
}

/** Writes what a service counts where CloudWatch Logs makes metrics of it. */
export interface MetricsLog {
  /** Writes that the service starts, and from then on once a minute. */
  start(): void;
  /** Writes what grew since the last line, unless nothing did. Never rejects. */
  flush(): Promise<void>;
  /** Writes no more but what grew since the last line. */
  stop(): Promise<void>;
}

const MINUTE_MS = 60_000;

/** Once a minute, what the registry has counted meanwhile. A service that is idle writes nothing, and pays for no metric. */
export function createMetricsLog(options: MetricsLogOptions): MetricsLog {
  const { metrics, clock, timers, logger, health, write, everyMs = MINUTE_MS } = options;
  let last: readonly MetricReading[] = [];
  let writing: Promise<void> = Promise.resolve();
  let cancel: () => void = () => undefined;
  let isStopped = false;

  async function append(event: string | undefined): Promise<void> {
    try {
      const now = (await Promise.all(metrics.map((one) => one.read()))).flat();
      const also = event === undefined ? [] : [{ name: event, unit: 'Count' as const, value: 1 }];
      const lines = emfLines(growthOf(last, now), clock.nowMs(), options, also);
      for (const line of lines) write(line);
      last = now;
    } catch (thrown) {
      // What was counted stays counted, and is in the next line.
      logger.error(errorFields(thrown), 'metrics not written');
    }
  }

  function flush(event?: string): Promise<void> {
    writing = writing.then(() => append(event));
    return writing;
  }

  async function tick(): Promise<void> {
    const report = await health?.ready();
    if (isStopped) return;
    await flush(report?.ok === false ? NOT_READY_METRIC : undefined);
    schedule();
  }

  function schedule(): void {
    cancel = timers.after(everyMs, () => void tick());
  }

  return {
    start() {
      void flush(STARTED_METRIC);
      schedule();
    },
    flush: () => flush(),
    stop() {
      isStopped = true;
      cancel();
      return flush();
    },
  };
}
