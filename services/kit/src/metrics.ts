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
}

/** @param prefix put before every name, for example `stepcast_correlator_` */
export function createMetrics(prefix: string): Metrics {
  const registry = new Registry();
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
        // Whoever reads the gauge calls this first: what it was in between, nobody sees.
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
  };
}
