import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type Forwarder } from './forwarder.ts';
import { alarmNameOf, serviceNameOf } from './names.ts';
import { type Queues } from './queues.ts';
import { type Workflow } from './workflow.ts';

export interface AlarmsProps {
  readonly queues: Queues;
  readonly forwarder: Forwarder;
  readonly workflows: readonly Workflow[];
  /** Who is notified. Default nobody: the alarms are only to be seen. */
  readonly topic: sns.ITopic | undefined;
}

/** Alarms on everything that means that somebody's progress is missing or late. */
export class Alarms extends Construct {
  constructor(scope: Construct, id: string, { queues, forwarder, workflows, topic }: AlarmsProps) {
    super(scope, id);
    const alarm = (name: string, alarmDescription: string, metric: cloudwatch.IMetric, threshold: number) => {
      const made = new cloudwatch.Alarm(this, name, {
        alarmName: alarmNameOf(name),
        alarmDescription,
        metric,
        threshold,
        evaluationPeriods: 1,
        comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      });
      if (topic !== undefined) made.addAlarmAction(new SnsAction(topic));
    };
    const period = Duration.minutes(5);
    const waiting = { period, statistic: 'Maximum' };
    const given = 'Progress of somebody is missing until it is looked at.';
    alarm(
      'dead-letters',
      `Stepcast gave messages up; each says why. ${given}`,
      queues.deadLetters.metricApproximateNumberOfMessagesVisible(waiting),
      0,
    );
    alarm(
      'undelivered',
      `SQS, EventBridge or Lambda gave messages up. ${given}`,
      queues.undelivered.metricApproximateNumberOfMessagesVisible(waiting),
      0,
    );
    alarm(
      'undelivered-fifo',
      `SQS gave ordered messages up. ${given}`,
      queues.undeliveredFifo.metricApproximateNumberOfMessagesVisible(waiting),
      0,
    );
    const late = Duration.minutes(5).toSeconds();
    alarm(
      'events-late',
      'Log events have waited for five minutes: what reads them does not keep up, or does not run.',
      queues.events.metricApproximateAgeOfOldestMessage(waiting),
      late,
    );
    if (queues.progress !== undefined)
      alarm(
        'progress-late',
        'Progress has waited for five minutes: the publisher does not keep up, or does not run.',
        queues.progress.metricApproximateAgeOfOldestMessage(waiting),
        late,
      );
    alarm(
      'forwarder-errors',
      'The forwarder fails: log events wait at CloudWatch, for 24 hours at most.',
      forwarder.function.metricErrors({ period }),
      0,
    );
    workflows.forEach(({ logGroup }, index) => {
      alarm(
        `delivery-errors${index === 0 ? '' : `-${index + 1}`}`,
        'CloudWatch Logs cannot reach the forwarder: it skips what is logged in the next ten minutes.',
        new cloudwatch.Metric({
          namespace: 'AWS/Logs',
          metricName: 'DeliveryErrors',
          dimensionsMap: {
            LogGroupName: logGroup.logGroupName,
            DestinationType: 'Lambda',
            FilterName: serviceNameOf('forwarder'),
          },
          statistic: 'Sum',
          period,
        }),
        0,
      );
    });
  }
}
