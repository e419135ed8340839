import { QUEUE_NAMES } from '@stepcast/wire';
import type { Clock } from '@stepcast/kit';
import type { HopHistory, HopMeasures, HopSeries, OperatorQueues } from '../ports.ts';
import { quantileBetween, readMetrics, type MetricsReading } from './prometheus.ts';

export interface HopRecorder extends HopMeasures {
  /** Measures once; to be called at even intervals, one after the other. Throws nothing: what fails is left out. */
  sample(): Promise<void>;
}

export interface HopRecorderOptions {
  readonly queues: Pick<OperatorQueues, 'depth'>;
  /** What the services of the process count, as Prometheus text. */
  readonly metrics: () => Promise<string>;
  readonly clock: Clock;
}

/** At one sample every two seconds: half an hour. A sample is a few hundred bytes. */
export const MAX_SAMPLES = 900;

const QUEUES = [
  { name: QUEUE_NAMES.uploads, label: 'uploads queue' },
  { name: QUEUE_NAMES.status, label: 'status queue' },
  { name: QUEUE_NAMES.events, label: 'events queue' },
  { name: QUEUE_NAMES.progress, label: 'progress queue' },
] as const;
const RATES = [
  { name: 'stepcast_correlator_records_in_total', label: 'records in' },
  { name: 'stepcast_correlator_events_emitted_total', label: 'events written' },
  { name: 'stepcast_publisher_events_published_total', label: 'events acknowledged by the broker' },
] as const;
const DELIVERY = 'stepcast_publisher_delivery_lag_seconds';
const DELIVERY_SHARE = 0.95;

interface Sample {
  readonly atMs: number;
  readonly lag: readonly (number | null)[];
  readonly throughput: readonly (number | null)[];
}

/**
 * Measures the hops where there is no CloudWatch. SQS does not say how old its oldest message is; so the lag of a queue is how
 * long it has not been empty, which its oldest message cannot exceed.
 */
export function createHopRecorder({ queues, metrics, clock }: HopRecorderOptions): HopRecorder {
  const samples: Sample[] = [];
  const filledSinceMs = new Map<string, number>();
  let before: { readonly atMs: number; readonly reading: MetricsReading } | undefined;

  async function queueLag(name: string, nowMs: number): Promise<number | null> {
    const depth = await queues.depth(name).catch(() => undefined);
    if (depth === undefined) return null;
    if (depth.visible + depth.inFlight === 0) {
      filledSinceMs.delete(name);
      return 0;
    }
    const sinceMs = filledSinceMs.get(name) ?? nowMs;
    filledSinceMs.set(name, sinceMs);
    return nowMs - sinceMs;
  }

  return {
    async sample() {
      const atMs = clock.nowMs();
      const lag = await Promise.all(QUEUES.map(({ name }) => queueLag(name, atMs)));
      const text = await metrics().catch(() => undefined);
      const reading = text === undefined ? undefined : readMetrics(text);
      const seconds = before === undefined ? 0 : (atMs - before.atMs) / 1_000;
      const earlier = before?.reading;
      const delivery = quantileBetween(
        earlier?.buckets.get(DELIVERY),
        reading?.buckets.get(DELIVERY),
        DELIVERY_SHARE,
      );
      samples.push({
        atMs,
        lag: [...lag, earlier === undefined || delivery === null ? null : Math.round(delivery * 1_000)],
        throughput: RATES.map(({ name }) => rate(earlier, reading, name, seconds)),
      });
      // What passed meanwhile counts for the next one.
      if (reading !== undefined) before = { atMs, reading };
      if (samples.length > MAX_SAMPLES) samples.shift();
    },
    history(minutes) {
      const fromMs = clock.nowMs() - minutes * 60_000;
      const shown = samples.filter(({ atMs }) => atMs >= fromMs);
      const series = (
        of: 'lag' | 'throughput',
        names: readonly { readonly name: string; readonly label: string }[],
      ): readonly HopSeries[] =>
        names.map(({ name, label }, index) => ({
          name,
          label,
          values: shown.map((sample) => sample[of][index] ?? null),
        }));
      const history: HopHistory = {
        atMs: shown.map(({ atMs }) => atMs),
        lag: series('lag', [...QUEUES, { name: 'broker', label: 'event to broker (95 %)' }]),
        throughput: series('throughput', RATES),
        measured:
          'A queue’s lag is how long it has not been empty; measured by this process since it started.',
      };
      return Promise.resolve(history);
    },
  };
}

/** Per second, with two digits; null while there is nothing to compare with, or the counter began anew. */
function rate(
  earlier: MetricsReading | undefined,
  reading: MetricsReading | undefined,
  name: string,
  seconds: number,
): number | null {
  const after = reading?.totals.get(name);
  if (earlier === undefined || after === undefined || seconds <= 0) return null;
  // A counter with labels is not there until it counts.
  const passed = after - (earlier.totals.get(name) ?? 0);
  return passed < 0 ? null : Math.round((passed / seconds) * 100) / 100;
}
