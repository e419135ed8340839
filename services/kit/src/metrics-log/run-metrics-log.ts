import { systemClock, systemTimers } from '../clock.ts';
import type { HealthChecks } from '../health/health-checks.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import type { PublishedMetric, PublishedMetrics } from './emf-document.ts';
import { createMetricsLog } from './metrics-log.ts';

/**
 * Has a service write its metrics to standard output, if its configuration says so. To be called before what it counts is
 * registered on the lifecycle: then it writes last.
 */
export function runMetricsLog(options: {
  readonly config: { readonly metrics: PublishedMetrics | 'off'; readonly deployment: string };
  readonly service: string;
  readonly namespace: string;
  readonly published: readonly PublishedMetric[];
  readonly metrics: readonly Pick<Metrics, 'read'>[];
  readonly health: Pick<HealthChecks, 'ready'>;
  readonly lifecycle: Pick<Lifecycle, 'onStop'>;
  readonly logger: Logger;
}): void {
  const { config, lifecycle, ...rest } = options;
  if (config.metrics === 'off') return;
  const log = createMetricsLog({
    ...rest,
    publish: config.metrics,
    dimensions: { Deployment: config.deployment },
    clock: systemClock,
    timers: systemTimers,
    write: (line) => process.stdout.write(`${line}\n`),
  });
  lifecycle.onStop('metrics', () => log.stop());
  log.start();
}
