import { deploymentNames, QUEUE_NAMES, type DeploymentNames } from '@stepcast/wire';
import type { HopMeasures, HopSeries } from '../ports.ts';
import { createQueueMetrics, type CloudWatchOptions, type DataPoint } from './cloudwatch-metrics.ts';
import { stagedName } from './staged-queues.ts';

const MINUTE_MS = 60_000;
const QUEUES = [
  { name: QUEUE_NAMES.uploads, label: 'uploads queue' },
  { name: QUEUE_NAMES.status, label: 'status queue' },
  { name: QUEUE_NAMES.events, label: 'events queue' },
  { name: QUEUE_NAMES.progress, label: 'progress queue' },
] as const;

/**
 * The hops as SQS reports them to CloudWatch: age of the oldest message, and messages that were done, by minute. Series have the
 * names that queues have without a stage.
 */
export function createCloudWatchHops(
  options: CloudWatchOptions,
  names: DeploymentNames = deploymentNames(),
): HopMeasures {
  const metrics = createQueueMetrics(options);
  const staged = stagedName(names);
  return {
    async history(minutes) {
      const windowMs = minutes * MINUTE_MS;
      const ask = (metric: Parameters<typeof metrics>[1]) =>
        Promise.all(QUEUES.map(({ name }) => metrics(staged(name), metric, windowMs)));
      const [ages, done] = await Promise.all([
        ask('ApproximateAgeOfOldestMessage'),
        ask('NumberOfMessagesDeleted'),
      ]);
      const times = new Set([...ages, ...done].flat().map(({ atMs }) => atMs));
      const atMs = [...times].toSorted((one, other) => one - other);
      const series = (points: readonly (readonly DataPoint[])[], factor: number): readonly HopSeries[] =>
        QUEUES.map((queue, index) => {
          const values = new Map(points[index]?.map((point) => [point.atMs, point.value]));
          return {
            ...queue,
            values: atMs.map((at) => {
              const value = values.get(at);
              return value === undefined ? null : value * factor;
            }),
          };
        });
      return {
        atMs,
        lag: series(ages, 1_000),
        throughput: series(done, 1_000 / MINUTE_MS),
        measured:
          'Age of the oldest message, and messages done, of each queue by the minute, from CloudWatch.',
      };
    },
  };
}
