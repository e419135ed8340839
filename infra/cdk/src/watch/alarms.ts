import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { METRICS_NAMESPACE, NOT_READY, STARTED } from '@stepcast/wire';
import { Construct } from 'constructs';
import { serviceNameOf } from '../names.ts';
import { type Queues } from '../queues.ts';
import { reportsFilterOf } from '../reports.ts';
import { type Workflow } from '../workflow.ts';
import { AlarmMaker } from './alarm-maker.ts';
import { numbered, type AlarmName, type NumberedAlarmName } from './alarm-texts.ts';
import { type DeployedParts } from './deployed.ts';
import { metricNamed, ourMetric } from './our-metrics.ts';

/**
 * Which alarms there are. `essential`: everything that can go wrong fires one of them, sooner or later. `all`: also those that
 * say more exactly what it is, or say it earlier. An alarm costs $0.10 a month for each metric that it reads.
 */
export type AlarmSet = 'essential' | 'all';

export interface AlarmsProps {
  readonly queues: Queues;
  readonly workflows: readonly Workflow[];
  /** What tasks print that may report their own progress. */
  readonly reportLogGroups: readonly logs.ILogGroup[];
  readonly parts: DeployedParts;
  readonly journal: dynamodb.ITable;
  /** Value of the dimension of our own metrics. */
  readonly deployment: string;
  readonly set: AlarmSet;
  /** Who is notified. Default nobody: the alarms are only to be seen. */
  readonly topic: sns.ITopic | undefined;
  /** Address of the runbook, without a heading. */
  readonly runbookUrl: string;
}

const FIVE_MINUTES = Duration.minutes(5);
const LATE_SECONDS = FIVE_MINUTES.toSeconds();
const HOUR = Duration.hours(1);
/** A bound of the histogram: CloudWatch sees each lag as the bound above it. */
export const SLOW_SECONDS = 30;

/** Alarms on everything that means that somebody's progress is missing or late, or that somebody new is not let in. */
export class Alarms extends Construct {
  readonly #props: AlarmsProps;
  readonly #maker: AlarmMaker;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#props = props;
    this.#maker = new AlarmMaker(this, props);
    this.#onQueues(props.queues);
    this.#onContainers();
    this.#onServices();
    this.#onForwarder();
    this.#onProvisioner();
    if (props.set === 'all') this.#onMore();
  }

  #onQueues(queues: Queues): void {
    const given: readonly (readonly [AlarmName, sqs.IQueue])[] = [
      ['dead-letters', queues.deadLetters],
      ['undelivered', queues.undelivered],
      ['undelivered-fifo', queues.undeliveredFifo],
    ];
    for (const [name, queue] of given)
      this.#maker.make(name, {
        metric: queue.metricApproximateNumberOfMessagesVisible({
          period: FIVE_MINUTES,
          statistic: 'Maximum',
        }),
        above: 0,
      });
    const read: readonly (readonly [AlarmName, sqs.IQueue | undefined])[] = [
      ['events-late', queues.events],
      ['uploads-late', queues.uploads],
      ['status-late', queues.status],
      ['progress-late', queues.progress],
      ['first-logins-late', queues.firstLogins],
    ];
    for (const [name, queue] of read)
      if (queue !== undefined)
        this.#maker.make(name, {
          metric: queue.metricApproximateAgeOfOldestMessage({ period: FIVE_MINUTES, statistic: 'Maximum' }),
          above: LATE_SECONDS,
        });
  }

  /** ECS counts a sample of a service's CPU a minute for each task that runs (developer guide, "Service RUNNING task count"). */
  #onContainers(): void {
    const names = {
      engine: 'engine-down',
      correlator: 'correlator-down',
      publisher: 'publisher-down',
    } as const satisfies Readonly<Record<string, AlarmName>>;
    for (const [service, name] of Object.entries(names)) {
      const metric = this.#props.parts.containers
        .get(service)
        ?.metricCpuUtilization({ statistic: 'SampleCount', period: Duration.minutes(1) });
      if (metric !== undefined) this.#maker.make(name, { metric, below: 1, periods: 5, enough: 3 });
    }
  }

  /** What the services count themselves. */
  #onServices(): void {
    const { deployment } = this.#props;
    this.#maker.make('slow', {
      metric: ourMetric('deliveryLag', deployment, 'p99'),
      above: SLOW_SECONDS,
      periods: 3,
    });
    // Both hold a request back now and then, and it is made again: only what goes on is worth waking somebody.
    this.#maker.make('throttled', {
      metric: ourMetric('throttled', deployment, 'Sum'),
      above: 20,
      periods: 2,
    });
    this.#maker.make('quarantined', { metric: ourMetric('quarantined', deployment, 'Sum'), above: 0 });
    // At the end of any period some wait for a record that is on its way; executions without an owner end as dead letters.
    this.#maker.make('parked', { metric: ourMetric('parked', deployment, 'Sum'), above: 100, periods: 2 });
  }

  #onForwarder(): void {
    const { parts, workflows, reportLogGroups } = this.#props;
    const forwarder = parts.functions.get('Forwarder');
    if (forwarder !== undefined)
      this.#maker.make('forwarder-errors', {
        metric: forwarder.metricErrors({ period: FIVE_MINUTES }),
        above: 0,
      });
    const filterName = serviceNameOf('forwarder');
    workflows.forEach(({ logGroup }, index) => {
      this.#onDelivery(numbered('delivery-errors', index), logGroup, filterName);
    });
    reportLogGroups.forEach((logGroup, index) => {
      this.#onDelivery(numbered('report-delivery-errors', index), logGroup, reportsFilterOf(filterName));
    });
  }

  /** On what CloudWatch Logs could not bring to the forwarder. */
  #onDelivery(name: NumberedAlarmName, { logGroupName }: logs.ILogGroup, FilterName: string): void {
    const metric = new cloudwatch.Metric({
      namespace: 'AWS/Logs',
      metricName: 'DeliveryErrors',
      dimensionsMap: { LogGroupName: logGroupName, DestinationType: 'Lambda', FilterName },
      statistic: 'Sum',
      period: FIVE_MINUTES,
    });
    this.#maker.make(name, { metric, above: 0 });
  }

  #onProvisioner(): void {
    const { parts, deployment } = this.#props;
    for (const { name, api, accessLogs } of parts.apis) {
      this.#maker.make(`${name}-errors`, {
        metric: api.metricServerError({ period: FIVE_MINUTES }),
        above: 2,
      });
      // API Gateway has no metric of 429 alone. A metric of a filter has values, and costs, only where something matches.
      const filter = new logs.MetricFilter(this, `${name}-429`, {
        logGroup: accessLogs,
        filterPattern: logs.FilterPattern.stringValue('$.status', '=', '429'),
        metricNamespace: METRICS_NAMESPACE,
        metricName: `${name}-429-${deployment}`,
        metricValue: '1',
      });
      this.#maker.make(`${name}-throttled`, {
        metric: filter.metric({ statistic: 'Sum', period: FIVE_MINUTES }),
        above: 50,
      });
    }
    const reconcile = parts.functions.get('Reconcile');
    if (reconcile !== undefined)
      this.#maker.make('reconcile-errors', { metric: reconcile.metricErrors({ period: HOUR }), above: 0 });
  }

  #onMore(): void {
    const { parts, journal, deployment } = this.#props;
    this.#maker.make('not-ready', {
      metric: metricNamed(NOT_READY, deployment, 'Sum'),
      above: 2,
      periods: 2,
    });
    this.#maker.make('restarting', {
      metric: metricNamed(STARTED, deployment, 'Sum', { period: Duration.minutes(15) }),
      above: 3 * Math.max(1, parts.containers.size),
    });
    const forwarder = parts.functions.get('Forwarder');
    if (forwarder !== undefined)
      this.#maker.make('forwarder-throttles', {
        metric: forwarder.metricThrottles({ period: FIVE_MINUTES }),
        above: 0,
      });
    const others = [...parts.functions].flatMap(([name, made]) => (name === 'Forwarder' ? [] : [made]));
    this.#onSum(
      'provisioner-errors',
      others.map((made) => made.metricErrors({ period: FIVE_MINUTES })),
    );
    this.#onSum(
      'provisioner-throttles',
      others.map((made) => made.metricThrottles({ period: FIVE_MINUTES })),
    );
    this.#onSum('failed-invocations', parts.rules.flatMap(failuresOf));
    this.#onSum(
      'dynamodb-throttles',
      ['ReadThrottleEvents', 'WriteThrottleEvents'].map((name) =>
        journal.metric(name, { statistic: 'Sum', period: FIVE_MINUTES }),
      ),
    );
    this.#onSum(
      'iot-throttles',
      ['PublishIn.Throttle', 'PublishOut.Throttle', 'Connect.Throttle'].map(
        (metricName) =>
          new cloudwatch.Metric({
            namespace: 'AWS/IoT',
            metricName,
            dimensionsMap: { Protocol: 'MQTT' },
            statistic: 'Sum',
            period: FIVE_MINUTES,
          }),
      ),
    );
  }

  #onSum(name: AlarmName, metrics: readonly cloudwatch.IMetric[]): void {
    if (metrics.length === 0) return;
    const named = metrics.map((metric, index) => [`m${index + 1}`, metric] as const);
    this.#maker.make(name, {
      metric: new cloudwatch.MathExpression({
        expression: `SUM(METRICS())`,
        usingMetrics: Object.fromEntries(named),
        period: FIVE_MINUTES,
      }),
      above: 0,
    });
  }
}

/** Where a target has a queue for what it did not take, EventBridge counts only what that did not take either. */
function failuresOf({ ruleName }: { readonly ruleName: string }): readonly cloudwatch.Metric[] {
  return ['FailedInvocations', 'InvocationsFailedToBeSentToDlq'].map(
    (metricName) =>
      new cloudwatch.Metric({
        namespace: 'AWS/Events',
        metricName,
        dimensionsMap: { RuleName: ruleName },
        statistic: 'Sum',
        period: FIVE_MINUTES,
      }),
  );
}
