import { createMetrics, createMetricsLog, silentLogger, type HealthReport } from '@stepcast/kit';
import { datapointsOf, ManualTime, type Datapoint } from '@stepcast/kit/testing';
import { METRICS_NAMESPACE, PUBLISHED_METRICS } from '@stepcast/wire';

/** A full hour: periods of alarms begin at whole multiples of their length. */
export const START_MS = Date.UTC(2026, 10, 3, 10);
const MINUTE_MS = 60_000;

/** What a service counts, and what CloudWatch makes of the lines that it writes of it. */
export function createMeter(service: string, ready: () => HealthReport = () => ({ ok: true, checks: {} })) {
  const time = new ManualTime(START_MS);
  const metrics = createMetrics(`stepcast_${service}_`);
  const points: Datapoint[] = [];
  const log = createMetricsLog({
    namespace: METRICS_NAMESPACE,
    dimensions: { Deployment: 'stepcast' },
    service,
    publish: 'essential',
    published: PUBLISHED_METRICS,
    metrics: [metrics],
    clock: time,
    timers: time,
    logger: silentLogger,
    health: { ready: () => Promise.resolve(ready()) },
    write: (line) => points.push(...datapointsOf(line)),
  });
  return {
    time,
    metrics,
    /** What CloudWatch has got so far. */
    points,
    log,
    async halfMinute(): Promise<void> {
      await time.advance(MINUTE_MS / 2);
      await log.flush();
    },
    /** Lets minutes pass, each with its line. */
    async pass(minutes: number): Promise<void> {
      for (let minute = 0; minute < minutes; minute += 1) {
        await time.advance(MINUTE_MS);
        await log.flush();
      }
    },
  };
}

export type Meter = ReturnType<typeof createMeter>;
