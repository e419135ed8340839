import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { type Construct } from 'constructs';
import { alarmNameOf } from '../names.ts';
import { ALARM_TEXTS, headingOf, type NumberedAlarmName } from './alarm-texts.ts';

/** Where the runbook is, unless it is said: its place in the repository. */
export const RUNBOOK = 'docs/operations/runbook.md';

export interface AlarmRule {
  readonly metric: cloudwatch.IMetric;
  /** The alarm fires above it. */
  readonly above?: number;
  /** The alarm fires below it, and where there is no value. */
  readonly below?: number;
  /** For so many periods of the metric. Default 1. */
  readonly periods?: number;
  /** So many of `periods` are enough. Default all. */
  readonly enough?: number;
}

/** Makes alarms: named, described with the way to their heading in the runbook, and sent to those on duty. */
export class AlarmMaker {
  readonly #scope: Construct;
  readonly #topic: sns.ITopic | undefined;
  readonly #runbookUrl: string;

  constructor(
    scope: Construct,
    options: { readonly topic: sns.ITopic | undefined; readonly runbookUrl: string },
  ) {
    this.#scope = scope;
    this.#topic = options.topic;
    this.#runbookUrl = options.runbookUrl;
  }

  make(name: NumberedAlarmName, { metric, above, below, periods = 1, enough = periods }: AlarmRule): void {
    const heading = headingOf(name);
    const isLow = below !== undefined;
    const made = new cloudwatch.Alarm(this.#scope, name, {
      alarmName: alarmNameOf(name),
      alarmDescription: `${ALARM_TEXTS[heading]} What to do: ${this.#runbookUrl}#${heading}`,
      metric,
      threshold: below ?? above ?? 0,
      evaluationPeriods: periods,
      datapointsToAlarm: enough,
      comparisonOperator: isLow
        ? cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
        : cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: isLow
        ? cloudwatch.TreatMissingData.BREACHING
        : cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    if (this.#topic !== undefined) made.addAlarmAction(new SnsAction(this.#topic));
  }
}
