import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { dashboardNameOf } from '../names.ts';
import { type Queues } from '../queues.ts';
import { type DeployedParts } from './deployed.ts';
import { ourMetric, type OurMetric } from './our-metrics.ts';

export interface DashboardProps {
  readonly queues: Queues;
  readonly parts: DeployedParts;
  readonly journal: dynamodb.ITable;
  /** Value of the dimension of our own metrics. */
  readonly deployment: string;
  /** Address of the runbook, without a heading. */
  readonly runbookUrl: string;
}

const MINUTE = Duration.minutes(1);
const HALF = 12;

/**
 * How the deployment is, on one page: lag for each hop, what is waiting, how much goes through, what is held back or given up.
 * The first three dashboards of an account are free, of up to 50 metrics each; a further one costs $3 a month.
 */
export class Dashboard extends Construct {
  readonly #props: DashboardProps;

  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    this.#props = props;
    new cloudwatch.Dashboard(this, 'Resource', {
      dashboardName: dashboardNameOf(),
      defaultInterval: Duration.hours(3),
      widgets: [
        [this.#introduction()],
        [this.#lag(), this.#ages()],
        [this.#throughput(), this.#trouble()],
        [this.#throttles(), this.#containers()],
        [this.#forwarder(), this.#provisioning()],
      ],
    });
  }

  #introduction(): cloudwatch.IWidget {
    const markdown = `**Stepcast, ${this.#props.deployment}.** What each alarm means and what to do: ${this.#props.runbookUrl}`;
    return new cloudwatch.TextWidget({ markdown, width: 2 * HALF, height: 1 });
  }

  #lag(): cloudwatch.IWidget {
    const { deployment } = this.#props;
    const hops: readonly (readonly [OurMetric, string])[] = [
      ['arrivalLag', 'at the correlator'],
      ['handoverLag', 'in the journal'],
      ['deliveryLag', 'at the broker'],
    ];
    return graph('From an event until it is …', 'seconds', {
      left: hops.flatMap(([metric, label]) =>
        ['p50', 'p99'].map((statistic) =>
          ourMetric(metric, deployment, statistic, { period: MINUTE, label: `${label}, ${statistic}` }),
        ),
      ),
    });
  }

  #read(): readonly (readonly [string, sqs.IQueue])[] {
    const { uploads, events, status, progress, firstLogins } = this.#props.queues;
    const all = { uploads, events, status, progress, 'first logins': firstLogins };
    return Object.entries(all).flatMap(([name, queue]) =>
      queue === undefined ? [] : [[name, queue] as const],
    );
  }

  #ages(): cloudwatch.IWidget {
    return graph('The oldest message that waits', 'seconds', {
      left: this.#read().map(([label, queue]) =>
        queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period: MINUTE, label }),
      ),
    });
  }

  #throughput(): cloudwatch.IWidget {
    const { deployment } = this.#props;
    return graph('Taken in, and messages of progress', 'a minute', {
      left: [
        ...this.#read().map(([label, queue]) =>
          queue.metricNumberOfMessagesDeleted({ statistic: 'Sum', period: MINUTE, label }),
        ),
        ourMetric('deliveryLag', deployment, 'SampleCount', { period: MINUTE, label: 'published' }),
      ],
    });
  }

  #trouble(): cloudwatch.IWidget {
    const { deployment, queues } = this.#props;
    const lying = (label: string, queue: sqs.IQueue) =>
      queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: MINUTE, label });
    return graph('Parked, held back, given up', 'records and messages', {
      left: [
        ourMetric('parked', deployment, 'Sum', { period: MINUTE, label: 'parked, less unparked' }),
        ourMetric('quarantined', deployment, 'Sum', { period: MINUTE, label: 'quarantined' }),
        lying('dead letters', queues.deadLetters),
        lying('undelivered', queues.undelivered),
        lying('undelivered, ordered', queues.undeliveredFifo),
      ],
    });
  }

  #throttles(): cloudwatch.IWidget {
    const { deployment, journal } = this.#props;
    return graph('Held back by', 'requests a minute', {
      left: [
        ourMetric('throttled', deployment, 'Sum', { period: MINUTE, label: 'as the services see it' }),
        journal.metric('WriteThrottleEvents', {
          statistic: 'Sum',
          period: MINUTE,
          label: 'DynamoDB, writes',
        }),
        journal.metric('ReadThrottleEvents', { statistic: 'Sum', period: MINUTE, label: 'DynamoDB, reads' }),
        new cloudwatch.Metric({
          namespace: 'AWS/IoT',
          metricName: 'PublishIn.Throttle',
          dimensionsMap: { Protocol: 'MQTT' },
          statistic: 'Sum',
          period: MINUTE,
          label: 'AWS IoT, the whole account',
        }),
      ],
    });
  }

  #containers(): cloudwatch.IWidget {
    const services = [...this.#props.parts.containers];
    return graph('Containers', 'percent of processor', {
      left: services.map(([label, service]) =>
        service.metricCpuUtilization({ statistic: 'Average', period: MINUTE, label }),
      ),
      right: services.map(([label, service]) =>
        service.metricCpuUtilization({
          statistic: 'SampleCount',
          period: MINUTE,
          label: `${label}, running`,
        }),
      ),
    });
  }

  #forwarder(): cloudwatch.IWidget {
    const forwarder = this.#props.parts.functions.get('Forwarder');
    return graph('Forwarder', 'payloads a minute', {
      left:
        forwarder === undefined
          ? []
          : [
              forwarder.metricInvocations({ period: MINUTE, label: 'payloads' }),
              forwarder.metricErrors({ period: MINUTE, label: 'errors' }),
              forwarder.metricThrottles({ period: MINUTE, label: 'throttles' }),
            ],
      right:
        forwarder === undefined
          ? []
          : [forwarder.metricDuration({ statistic: 'p99', period: MINUTE, label: 'milliseconds, p99' })],
    });
  }

  #provisioning(): cloudwatch.IWidget {
    return graph('People let in', 'requests a minute', {
      left: this.#props.parts.apis.flatMap(({ name, api }) => [
        api.metricCount({ period: MINUTE, label: name }),
        api.metricClientError({ period: MINUTE, label: `${name}, refused` }),
        api.metricServerError({ period: MINUTE, label: `${name}, failed` }),
      ]),
    });
  }
}

function graph(
  title: string,
  label: string,
  axes: { readonly left: readonly cloudwatch.IMetric[]; readonly right?: readonly cloudwatch.IMetric[] },
): cloudwatch.IWidget {
  return new cloudwatch.GraphWidget({
    title,
    width: HALF,
    left: [...axes.left],
    ...(axes.right === undefined ? {} : { right: [...axes.right] }),
    leftYAxis: { label, min: 0, showUnits: false },
  });
}
