import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Labels of a measurement: few values each, never an identity, a key or an ARN. */
export type Labels = Readonly<Record<string, string>>;

export interface CounterMetric {
  add(labels?: Labels, amount?: number): void;
  /** Counts under labels that are named once: adding is then adding a number. For what every record runs through. */
  bound(labels?: Labels): (amount?: number) => void;
  /** Sum over all label values that agree with `labels`. */
  total(labels?: Labels): Promise<number>;
}

export interface GaugeMetric {
  set(value: number, labels?: Labels): void;
}

export interface HistogramMetric {
  observe(value: number, labels?: Labels): void;
}

/** What one counter says under one set of label values. */
export interface CounterReading {
  readonly kind: 'counter';
  /** With its prefix. */
  readonly name: string;
  readonly labels: Labels;
  /** Since the process began. */
  readonly value: number;
}

/** The same of a histogram. */
export interface HistogramReading {
  readonly kind: 'histogram';
  readonly name: string;
  readonly labels: Labels;
  readonly sum: number;
  /** In order of their bounds, each without those below it; the last one has no bound (`Infinity`). */
  readonly buckets: readonly { readonly upTo: number; readonly count: number }[];
}

export type MetricReading = CounterReading | HistogramReading;

/** What a service counts. One per service and process; served as Prometheus text on its health port. */
export interface Metrics {
  counter(name: string, help: string, labelNames?: readonly string[]): CounterMetric;
  gauge(name: string, help: string, labelNames?: readonly string[]): GaugeMetric;
  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames?: readonly string[],
  ): HistogramMetric;
  /** Prometheus exposition format, version 0.0.4. */
  text(): Promise<string>;
  /** What counters and histograms say now. */
  read(): Promise<readonly MetricReading[]>;
}

/** Bounds of histograms of lags, in seconds. CloudWatch sees a value as the bound above it, so alarms have these as thresholds. */
export const LAG_BUCKETS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
];

/** @param prefix put before every name, for example `stepcast_correlator_` */
export function createMetrics(prefix: string): Metrics {
  const registry = new Registry();
  const readers: (() => Promise<readonly MetricReading[]>)[] = [];
  return {
    counter(name, help, labelNames = []) {
      const bound: { readonly labels: Labels; pending: number }[] = [];
      const counter = new Counter({
        name: prefix + name,
        help,
        labelNames: [...labelNames],
        registers: [registry],
        // Each reader of the counter calls this first.
        collect() {
          for (const one of bound) {
            if (one.pending > 0) this.inc(one.labels, one.pending);
            one.pending = 0;
          }
        },
      });
      readers.push(async () => {
        const { values } = await counter.get();
        return values.map(({ labels, value }) => ({
          kind: 'counter',
          name: prefix + name,
          labels: textLabels(labels),
          value,
        }));
      });
      return {
        add: (labels = {}, amount = 1) => {
          counter.inc(labels, amount);
        },
        bound(labels = {}) {
          const mine = { labels, pending: 0 };
          bound.push(mine);
          return (amount = 1) => {
            mine.pending += amount;
          };
        },
        async total(labels = {}) {
          const { values } = await counter.get();
          return values
            .filter((value) => Object.entries(labels).every(([key, wanted]) => value.labels[key] === wanted))
            .reduce((sum, value) => sum + value.value, 0);
        },
      };
    },
    gauge(name, help, labelNames = []) {
      let plain: number | undefined;
      const gauge = new Gauge({
        name: prefix + name,
        help,
        labelNames: [...labelNames],
        registers: [registry],
        // Reading the gauge calls this first: what it was in between, nobody sees.
        collect() {
          if (plain !== undefined) this.set(plain);
        },
      });
      return {
        set(value, labels) {
          if (labels === undefined) plain = value;
          else gauge.set(labels, value);
        },
      };
    },
    histogram(name, help, buckets, labelNames = []) {
      const histogram = new Histogram({
        name: prefix + name,
        help,
        buckets: [...buckets],
        labelNames: [...labelNames],
        registers: [registry],
      });
      readers.push(async () => histogramReadings(prefix + name, (await histogram.get()).values));
      // Without labels there is one histogram behind it, which need not be found anew each time.
      const only = labelNames.length === 0 ? histogram.labels() : undefined;
      return {
        observe(value, labels = {}) {
          if (only === undefined) histogram.observe(labels, value);
          else only.observe(value);
        },
      };
    },
    text: () => registry.metrics(),
    async read() {
      const readings = await Promise.all(readers.map((read) => read()));
      return readings.flat();
    },
  };
}

function textLabels(labels: Readonly<Record<string, unknown>>): Labels {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));
}

/** Counts of buckets are cumulative there, and sum and count are values beside them. */
function histogramReadings(
  name: string,
  values: readonly {
    readonly metricName?: string;
    readonly labels: Readonly<Record<string, unknown>>;
    readonly value: number;
  }[],
): HistogramReading[] {
  const series = new Map<
    string,
    { labels: Labels; sum: number; cumulative: [bound: number, count: number][] }
  >();
  for (const { metricName, labels: all, value } of values) {
    const { le, ...labels } = textLabels(all);
    const key = JSON.stringify(labels);
    const one = series.get(key) ?? { labels, sum: 0, cumulative: [] };
    series.set(key, one);
    if (le !== undefined) one.cumulative.push([le === '+Inf' ? Infinity : Number(le), value]);
    else if (metricName === `${name}_sum`) one.sum = value;
  }
  return [...series.values()].map(({ labels, sum, cumulative }) => ({
    kind: 'histogram',
    name,
    labels,
    sum,
    buckets: cumulative
      .toSorted(([one], [other]) => one - other)
      .map(([upTo, count], index, all) => ({ upTo, count: count - (all[index - 1]?.[1] ?? 0) })),
  }));
}
