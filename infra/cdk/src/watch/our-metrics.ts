import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { CLOUDWATCH_METRICS, DEPLOYMENT_DIMENSION, METRICS_NAMESPACE } from '@stepcast/wire';

/** A metric that our services write themselves. */
export type OurMetric = keyof typeof CLOUDWATCH_METRICS;

/** @param deployment value of the dimension by which services of several deployments are distinguished */
export function metricNamed(
  metricName: string,
  deployment: string,
  statistic: string,
  options: { readonly period?: Duration; readonly label?: string } = {},
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: { [DEPLOYMENT_DIMENSION]: deployment },
    statistic,
    period: options.period ?? Duration.minutes(5),
    ...(options.label === undefined ? {} : { label: options.label }),
  });
}

/** @param deployment value of the dimension by which services of several deployments are distinguished */
export function ourMetric(
  metric: OurMetric,
  deployment: string,
  statistic: string,
  options: { readonly period?: Duration; readonly label?: string } = {},
): cloudwatch.Metric {
  return metricNamed(CLOUDWATCH_METRICS[metric].name, deployment, statistic, options);
}
