import * as z from 'zod';
import type { Labels } from '../metrics.ts';

/** A value of a metric as CloudWatch stores it: a distribution, of one value mostly. */
export interface Datapoint {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Labels;
  readonly atMs: number;
  readonly values: readonly number[];
  /** How often each of `values`. */
  readonly counts: readonly number[];
}

const Distribution = z.object({ Values: z.array(z.number()), Counts: z.array(z.number()) });
const Target = z.union([z.number(), z.array(z.number()).max(100), Distribution]);
const Directive = z.object({
  Namespace: z.string().min(1).max(1_024),
  Dimensions: z.array(z.array(z.string()).max(30)),
  Metrics: z
    .array(z.object({ Name: z.string().min(1).max(1_024), Unit: z.enum(['Count', 'Seconds']) }))
    .min(1)
    .max(100),
});
const Document = z.looseObject({
  _aws: z.object({ Timestamp: z.int(), CloudWatchMetrics: z.array(Directive) }).optional(),
});

/**
 * What CloudWatch Logs makes of a line of a log, by the specification of its embedded metric format.
 * @throws when the line claims to be of that format and is not
 */
export function datapointsOf(line: string): readonly Datapoint[] {
  const document = Document.parse(JSON.parse(line));
  const { _aws: metadata } = document;
  return (metadata?.CloudWatchMetrics ?? []).flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) =>
      Metrics.map(({ Name }): Datapoint => {
        const target = Target.parse(document[Name]);
        const values = typeof target === 'number' ? [target] : 'Values' in target ? target.Values : target;
        return {
          namespace: Namespace,
          metricName: Name,
          dimensions: Object.fromEntries(names.map((name) => [name, z.string().parse(document[name])])),
          atMs: metadata?.Timestamp ?? 0,
          values,
          counts: typeof target === 'object' && 'Counts' in target ? target.Counts : values.map(() => 1),
        };
      }),
    ),
  );
}
