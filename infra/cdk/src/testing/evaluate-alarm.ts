import * as z from 'zod';

/** A value of a metric as CloudWatch stores it: a distribution, of one value mostly. */
export interface MetricPoint {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly atMs: number;
  readonly values: readonly number[];
  /** How often each of `values`. */
  readonly counts: readonly number[];
}

const Dimensions = z.array(z.object({ Name: z.string(), Value: z.string() })).default([]);
const Stat = z.object({
  Metric: z.object({ Namespace: z.string(), MetricName: z.string(), Dimensions }),
  Period: z.int(),
  Stat: z.string(),
});
const Common = z.object({
  AlarmName: z.string(),
  AlarmDescription: z.string(),
  Threshold: z.number(),
  ComparisonOperator: z.enum(['GreaterThanThreshold', 'LessThanThreshold']),
  EvaluationPeriods: z.int(),
  DatapointsToAlarm: z.int().optional(),
  TreatMissingData: z.enum(['breaching', 'notBreaching']),
});
const Plain = z.object({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions,
  Period: z.int(),
  Statistic: z.string().optional(),
  ExtendedStatistic: z.string().optional(),
});
const Sum = z.object({
  Metrics: z.array(
    z.union([
      z.object({ Expression: z.literal('SUM(METRICS())') }),
      z.object({ MetricStat: Stat, ReturnData: z.literal(false) }),
    ]),
  ),
});

interface Series {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly periodMs: number;
  readonly statistic: string;
}

/** An alarm of a template, as CloudWatch evaluates it. */
export interface EvaluatedAlarm {
  readonly name: string;
  readonly description: string;
  readonly periodMs: number;
  /** When it fires, in words. */
  readonly rule: string;
  /** What it reads. */
  readonly series: readonly Series[];
  /** A value of each series it reads at a moment, for tests of what nothing of ours produces. */
  readonly point: (value: number, atMs: number) => readonly MetricPoint[];
  /** Whether it fires at a moment: by the last periods that have ended by then, which begin at whole multiples of their length. */
  readonly fires: (points: readonly MetricPoint[], nowMs: number) => boolean;
}

/** @param properties of an `AWS::CloudWatch::Alarm`, resolved */
export function evaluatedAlarm(properties: Readonly<Record<string, unknown>>): EvaluatedAlarm {
  const alarm = Common.parse(properties);
  const series = seriesOf(properties);
  const periodMs = Math.max(...series.map((one) => one.periodMs));
  const isBreached = (value: number) =>
    alarm.ComparisonOperator === 'GreaterThanThreshold' ? value > alarm.Threshold : value < alarm.Threshold;
  return {
    name: alarm.AlarmName,
    description: alarm.AlarmDescription,
    periodMs,
    rule: ruleOf(alarm, series[0]?.statistic ?? '', periodMs),
    series,
    point: (value, atMs) =>
      series.map(({ namespace, metricName, dimensions, statistic }) => {
        // A count of samples is that of as many values.
        const isCount = statistic === 'SampleCount';
        return {
          namespace,
          metricName,
          dimensions,
          atMs,
          values: [isCount ? 1 : value],
          counts: [isCount ? value : 1],
        };
      }),
    fires(points, nowMs) {
      const lastMs = Math.floor(nowMs / periodMs) * periodMs;
      const periods = Array.from(
        { length: alarm.EvaluationPeriods },
        (_, index) => lastMs - (index + 1) * periodMs,
      );
      const breached = periods.filter((fromMs) => {
        const value = valueOf(series, points, fromMs, periodMs);
        return value === undefined ? alarm.TreatMissingData === 'breaching' : isBreached(value);
      });
      return breached.length >= (alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods);
    },
  };
}

function ruleOf(
  { ComparisonOperator, Threshold, EvaluationPeriods, DatapointsToAlarm }: z.output<typeof Common>,
  statistic: string,
  periodMs: number,
): string {
  const minutes = periodMs / 60_000;
  const enough = DatapointsToAlarm ?? EvaluationPeriods;
  const often = enough === EvaluationPeriods ? String(enough) : `${enough} of ${EvaluationPeriods}`;
  const sign = ComparisonOperator === 'GreaterThanThreshold' ? '>' : '<';
  return `${statistic} ${sign} ${Threshold}, ${often} × ${minutes} min`;
}

function seriesOf(properties: Readonly<Record<string, unknown>>): readonly Series[] {
  const sum = Sum.safeParse(properties);
  if (sum.success)
    return sum.data.Metrics.flatMap((one): readonly Series[] => {
      if (!('MetricStat' in one)) return [];
      const { Metric, Period, Stat: statistic } = one.MetricStat;
      return [{ ...named(Metric), periodMs: Period * 1_000, statistic }];
    });
  const plain = Plain.parse(properties);
  const statistic = plain.Statistic ?? plain.ExtendedStatistic ?? '';
  return [{ ...named(plain), periodMs: plain.Period * 1_000, statistic }];
}

function named({
  Namespace,
  MetricName,
  Dimensions: dimensions,
}: z.output<typeof Stat>['Metric']): Pick<Series, 'namespace' | 'metricName' | 'dimensions'> {
  return {
    namespace: Namespace,
    metricName: MetricName,
    dimensions: Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value])),
  };
}

/** What a period of the alarm's expression says; undefined where there is no value. */
function valueOf(
  series: readonly Series[],
  points: readonly MetricPoint[],
  fromMs: number,
  periodMs: number,
): number | undefined {
  const found = series.flatMap((one) => {
    const some = points.filter(
      (point) => point.atMs >= fromMs && point.atMs < fromMs + periodMs && isOf(point, one),
    );
    return some.length === 0 ? [] : [statisticOf(one.statistic, some)];
  });
  return found.length === 0 ? undefined : found.reduce((all, value) => all + value, 0);
}

function isOf(point: MetricPoint, { namespace, metricName, dimensions }: Series): boolean {
  const names = Object.keys(dimensions);
  return (
    point.namespace === namespace &&
    point.metricName === metricName &&
    Object.keys(point.dimensions).length === names.length &&
    names.every((name) => point.dimensions[name] === dimensions[name])
  );
}

function statisticOf(statistic: string, points: readonly MetricPoint[]): number {
  const weighted = points
    .flatMap(({ values, counts }) => values.map((value, index) => ({ value, count: counts[index] ?? 0 })))
    .toSorted((one, other) => one.value - other.value);
  const samples = weighted.reduce((all, { count }) => all + count, 0);
  const percent = /^p(\d+(?:\.\d+)?)$/.exec(statistic)?.[1];
  if (percent !== undefined) {
    let below = 0;
    const found = weighted.find(({ count }) => {
      below += count;
      return below >= (samples * Number(percent)) / 100;
    });
    return found?.value ?? 0;
  }
  switch (statistic) {
    case 'Sum':
      return weighted.reduce((all, { value, count }) => all + value * count, 0);
    case 'Maximum':
      return weighted.at(-1)?.value ?? 0;
    case 'SampleCount':
      return samples;
    default:
      throw new TypeError(`the statistic ${statistic} is not evaluated`);
  }
}
