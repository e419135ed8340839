import { Metrics as EmfMetrics } from '@aws-lambda-powertools/metrics';
import type { Labels } from '../metrics.ts';
import type { CounterGrowth, HistogramGrowth, MetricGrowth } from './growth.ts';

/*
 * CloudWatch's embedded metric format: a line of a log that CloudWatch Logs makes metrics of (CloudWatch user guide,
 * "Specification: Embedded metric format"). Powertools makes the document. What it does not know is a distribution, which takes the
 * place of the value afterwards: `Values` with `Counts`, as PutMetricData has them. The specification names numbers and arrays of up to
 * 100 of them only, but AWS's own exporter for OpenTelemetry (awsemfexporter, cWMetricHistogram) writes this, and a minute has more
 * than 100 observations: docs/adr/0034-traces-by-derived-ids.md has what single values would cost.
 */

export type MetricUnit = 'Count' | 'Seconds';

/** A series of our own counting that goes into a metric of CloudWatch. */
export interface PublishedSeries {
  /** With its prefix. */
  readonly metric: string;
  /** Only what has these label values. Default all. */
  readonly labels?: Labels;
  /** -1: it is subtracted. */
  readonly sign?: -1;
}

/** A metric of CloudWatch: a sum of counters, or one histogram. */
export interface PublishedMetric {
  readonly name: string;
  readonly unit: MetricUnit;
  readonly from: readonly PublishedSeries[];
}

/** `essential`: those that are named; `all`: every counter and histogram under its own name as well. */
export type PublishedMetrics = 'essential' | 'all';

export interface EmfOptions {
  readonly namespace: string;
  /** Of every metric. */
  readonly dimensions: Labels;
  readonly service: string;
  readonly publish: PublishedMetrics;
  readonly published: readonly PublishedMetric[];
}

interface Distribution {
  readonly Values: readonly number[];
  readonly Counts: readonly number[];
  readonly Min: number;
  readonly Max: number;
  readonly Count: number;
  readonly Sum: number;
}

interface Member {
  readonly name: string;
  readonly unit: MetricUnit;
  readonly value: number | Distribution;
}

const nothing = () => undefined;
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** CloudWatch takes so many metrics of one line (specification, "MetricDirective object"). */
const MAX_METRICS = 100;

/**
 * Lines for what grew, one as a rule: few of it as metrics, which are charged by the month and metric, and all of it as plain
 * members, which Logs Insights finds. None when nothing grew.
 * @param also further metrics of this minute
 */
export function emfLines(
  grown: readonly MetricGrowth[],
  nowMs: number,
  options: EmfOptions,
  also: readonly (Member & { readonly value: number })[] = [],
): readonly string[] {
  const essential = options.published.flatMap((metric) => memberOf(metric, grown) ?? []);
  const isAll = options.publish === 'all';
  const members = [...also, ...essential, ...(isAll ? grown.map(ownMember) : [])];
  const counters = isAll ? [] : grown.filter((one) => one.kind === 'counter');
  if (members.length === 0 && counters.length === 0) return [];
  const lines: string[] = [];
  for (let start = 0; start === 0 || start < members.length; start += MAX_METRICS) {
    const some = members.slice(start, start + MAX_METRICS);
    lines.push(lineOf(some, start === 0 ? counters : [], nowMs, options));
  }
  return lines;
}

function lineOf(
  members: readonly Member[],
  counters: readonly CounterGrowth[],
  nowMs: number,
  { namespace, dimensions, service }: EmfOptions,
): string {
  // Its own output is not used, nor is what it says there: a line is as often written as it has to be.
  const emf = new EmfMetrics({ namespace, logger: SILENT });
  // Its own dimension `service` would make a metric of its own for each service.
  emf.clearDefaultDimensions();
  emf.setDefaultDimensions({ ...dimensions });
  emf.setTimestamp(nowMs);
  const distributions: Record<string, Distribution> = {};
  for (const { name, unit, value } of members) {
    if (typeof value === 'number') emf.addMetric(name, unit, value);
    else {
      emf.addMetric(name, unit, value.Sum);
      distributions[name] = value;
    }
  }
  return JSON.stringify({
    ...(members.length === 0 ? dimensions : emf.serializeMetrics()),
    service,
    ...distributions,
    ...(counters.length === 0
      ? {}
      : { counters: Object.fromEntries(counters.map((one) => [shortName(one), one.amount])) }),
  });
}

function memberOf({ name, unit, from }: PublishedMetric, grown: readonly MetricGrowth[]): Member | undefined {
  let sum = 0;
  for (const { metric, labels = {}, sign = 1 } of from)
    for (const one of grown) {
      if (one.name !== metric || !agrees(one.labels, labels)) continue;
      if (one.kind === 'histogram') return { name, unit, value: distributionOf(one) };
      sum += sign * one.amount;
    }
  return sum === 0 ? undefined : { name, unit, value: sum };
}

function agrees(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

function ownMember(one: MetricGrowth): Member {
  const name = shortName(one);
  return one.kind === 'counter'
    ? { name, unit: 'Count', value: one.amount }
    : { name, unit: 'Seconds', value: distributionOf(one) };
}

function distributionOf({ values, counts, sum }: HistogramGrowth): Distribution {
  return {
    Values: values,
    Counts: counts,
    Min: Math.min(...values),
    Max: Math.max(...values),
    Count: counts.reduce((all, count) => all + count, 0),
    Sum: sum,
  };
}

/** `stepcast_correlator_records_total` of `released` is `correlator_records.released`. */
function shortName({ name, labels }: Pick<CounterGrowth, 'name' | 'labels'>): string {
  const short = name.replace(/^[a-z]+_/, '').replace(/_total$/, '');
  return [short, ...Object.values(labels)].join('.');
}
