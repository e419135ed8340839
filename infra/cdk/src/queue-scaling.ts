import { Duration } from 'aws-cdk-lib';
import { AdjustmentType } from 'aws-cdk-lib/aws-applicationautoscaling';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';

/** In seconds. A message that is not held up is handled within one or two. */
const AGES = { idle: 5, late: 30, veryLate: 120 } as const;

/**
 * Adds and removes copies by the age of the oldest message of the queue that the service reads.
 *
 * In steps, and not by tracking a target: the age does not halve when copies double, which target tracking assumes. An
 * outage of AWS makes messages old as well; then copies grow up to the maximum and go again afterwards.
 */
export function scaleByAge(
  service: ecs.FargateService,
  { queue, min, max }: { readonly queue: sqs.IQueue; readonly min: number; readonly max: number },
): void {
  service.autoScaleTaskCount({ minCapacity: min, maxCapacity: max }).scaleOnMetric('Age', {
    metric: queue.metricApproximateAgeOfOldestMessage({
      period: Duration.minutes(1),
      statistic: 'Maximum',
    }),
    adjustmentType: AdjustmentType.CHANGE_IN_CAPACITY,
    scalingSteps: [
      { upper: AGES.idle, change: -1 },
      { lower: AGES.late, change: 1 },
      { lower: AGES.veryLate, change: 2 },
    ],
    evaluationPeriods: 3,
    // Longer than a new copy takes to start, so that one step is seen to work before the next.
    cooldown: Duration.minutes(5),
  });
}
