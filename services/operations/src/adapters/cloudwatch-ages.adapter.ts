import type { QueueAges } from '../ports.ts';
import { createQueueMetrics, type CloudWatchOptions } from './cloudwatch-metrics.ts';

/** Where nothing measures how old messages are: the sandbox has no CloudWatch. */
export const noAges: QueueAges = { oldest: () => Promise.resolve(undefined) };

/** SQS reports once a minute; a value of the last five counts. */
const WINDOW_MS = 5 * 60_000;

/** Ages of the oldest messages, as SQS reports them to CloudWatch (`ApproximateAgeOfOldestMessage`). */
export function createCloudWatchAges(options: CloudWatchOptions): QueueAges {
  const metrics = createQueueMetrics(options);
  return {
    async oldest(names) {
      const ages = await Promise.all(
        names.map(async (name) => {
          const points = await metrics(name, 'ApproximateAgeOfOldestMessage', WINDOW_MS);
          return [name, points.at(-1)] as const;
        }),
      );
      return new Map(
        ages.flatMap(([name, point]) => (point === undefined ? [] : [[name, point.value * 1_000] as const])),
      );
    },
  };
}
