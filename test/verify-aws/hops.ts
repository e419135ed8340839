import { datapointsOf } from '@stepcast/kit/testing';
import { CLOUDWATCH_METRICS } from '@stepcast/wire';

/** Milliseconds that something took, each time. */
export interface Lags {
  readonly values: readonly number[];
  /** Whether each value is the bound of its bucket: what is measured is at most that. Default false. */
  readonly areBounds?: boolean;
}
export type LagsByName = Readonly<Record<string, Lags>>;

/** The hops of alarms and dashboard, in the order in which an event passes them. Each counts from the event's own time. */
const HOPS: readonly (readonly [hop: string, metric: string])[] = [
  ['from an event until it is at the correlator', CLOUDWATCH_METRICS.arrivalLag.name],
  ['from an event until it is in the journal', CLOUDWATCH_METRICS.handoverLag.name],
  ['from an event until the broker has acknowledged it', CLOUDWATCH_METRICS.deliveryLag.name],
];

/** Hops of which there are no values. */
export const hopsWithout = (lags: LagsByName): readonly string[] =>
  Object.entries(lags).flatMap(([hop, { values }]) => (values.length === 0 ? [hop] : []));

const pointsOf = (lines: readonly string[]) =>
  lines.filter((line) => line.startsWith('{"_aws"')).flatMap(datapointsOf);

/**
 * What the services have written of their lags, by hop, from lines of their log in CloudWatch's embedded metric format. A minute has
 * one line, so what went just before may be among them.
 * @param fromMs lines of before are left out
 */
export function lagsByHop(lines: readonly string[], fromMs: number): LagsByName {
  const points = pointsOf(lines).filter(({ atMs }) => atMs >= fromMs);
  return Object.fromEntries(
    HOPS.map(([hop, metric]) => {
      const values = points
        .filter(({ metricName }) => metricName === metric)
        .flatMap((point) =>
          point.values.flatMap((seconds, index) =>
            Array<number>(point.counts[index] ?? 0).fill(seconds * 1_000),
          ),
        );
      return [hop, { values, areBounds: true }];
    }),
  );
}

/** When the newest line of metrics was written; -Infinity without any. */
export const newestLineMs = (lines: readonly string[]): number =>
  Math.max(Number.NEGATIVE_INFINITY, ...pointsOf(lines).map(({ atMs }) => atMs));
