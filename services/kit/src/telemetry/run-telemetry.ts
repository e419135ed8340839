import { randomUUID } from 'node:crypto';
import { systemClock, systemTimers } from '../clock.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import type { Tracing } from './spans.ts';

/**
 * Has a service send spans and metrics to a collector, if its configuration names one; the SDK of OpenTelemetry is loaded only then. To be called
 * before what makes spans is registered on the lifecycle: then it sends last.
 * @returns what to trace with; undefined without a collector, and where no upload is to be traced
 */
export async function runTelemetry(options: {
  readonly config: {
    readonly otlpEndpoint?: string | undefined;
    /** Default 0: the service traces nothing. */
    readonly tracesShare?: number;
    readonly deployment: string;
  };
  readonly service: string;
  readonly metrics: readonly Pick<Metrics, 'read'>[];
  readonly lifecycle: Pick<Lifecycle, 'onStop'>;
  readonly logger: Logger;
}): Promise<Tracing | undefined> {
  const { config, service, metrics, lifecycle, logger } = options;
  const { otlpEndpoint: endpoint, tracesShare: share = 0, deployment } = config;
  if (endpoint === undefined) return undefined;
  const { createOtlp } = await import('./otlp.adapter.ts');
  const otlp = createOtlp({
    endpoint,
    service: `stepcast-${service}`,
    deployment,
    instanceId: randomUUID(),
    metrics,
    clock: systemClock,
    timers: systemTimers,
    logger,
  });
  lifecycle.onStop('telemetry', () => otlp.stop());
  logger.info({ share }, 'telemetry goes to a collector');
  return share === 0 ? undefined : { spans: otlp.spans, share };
}
