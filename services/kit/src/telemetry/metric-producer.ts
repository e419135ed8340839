import { ValueType } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { CounterReading, HistogramReading, MetricReading, Metrics } from '../metrics.ts';

type HrTime = [seconds: number, nanoseconds: number];

/** A time as OpenTelemetry has it. */
export function hrTimeOf(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1_000_000)];
}

/**
 * What a service counts, for OpenTelemetry: the same counters and histograms that `/metrics` serves, under the same names, each a sum
 * since the process began.
 */
export function createMetricProducer(options: {
  readonly metrics: readonly Pick<Metrics, 'read'>[];
  readonly resource: Resource;
  readonly nowMs: () => number;
}): MetricProducer {
  const { metrics, resource, nowMs } = options;
  const startTime = hrTimeOf(nowMs());
  return {
    async collect() {
      const readings = (await Promise.all(metrics.map((one) => one.read()))).flat();
      const endTime = hrTimeOf(nowMs());
      const byName = Map.groupBy(readings, ({ name }) => name);
      const data = [...byName].map(([name, series]) => metricOf(name, series, { startTime, endTime }));
      return {
        resourceMetrics: { resource, scopeMetrics: [{ scope: { name: 'stepcast' }, metrics: data }] },
        errors: [],
      };
    },
  };
}

interface Period {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

function metricOf(name: string, series: readonly MetricReading[], period: Period): MetricData {
  const descriptor = {
    name,
    description: '',
    unit: name.endsWith('_seconds') ? 's' : '',
    valueType: ValueType.DOUBLE,
  };
  const aggregationTemporality = AggregationTemporality.CUMULATIVE;
  const histograms = series.filter((one): one is HistogramReading => one.kind === 'histogram');
  if (histograms.length > 0)
    return {
      descriptor,
      aggregationTemporality,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: histograms.map(({ labels, sum, buckets }) => ({
        ...period,
        attributes: { ...labels },
        value: {
          sum,
          count: buckets.reduce((all, { count }) => all + count, 0),
          buckets: {
            boundaries: buckets.map(({ upTo }) => upTo).filter(Number.isFinite),
            counts: buckets.map(({ count }) => count),
          },
        },
      })),
    };
  const counters = series.filter((one): one is CounterReading => one.kind === 'counter');
  return {
    descriptor,
    aggregationTemporality,
    dataPointType: DataPointType.SUM,
    isMonotonic: true,
    dataPoints: counters.map(({ labels, value }) => ({ ...period, attributes: { ...labels }, value })),
  };
}
