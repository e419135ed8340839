import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sns from 'aws-cdk-lib/aws-sns';
import { DEPLOYMENT_DIMENSION, NAME_PREFIX, type DeploymentNames } from '@stepcast/wire';
import { type IConstruct } from 'constructs';

/**
 * Puts the stage into the names of alarms, their topic and dashboards below a construct, and into the names by which their metrics know
 * what they measure. What watches a deployment is the same for every stage and need not carry names about. Doing it twice is doing it once.
 */
export function putStage(scope: IConstruct, { prefix }: DeploymentNames): void {
  if (prefix === NAME_PREFIX) return;
  const isStaged = (name: string) => name === prefix || name.startsWith(`${prefix}-`);
  const staged = (name: string): string =>
    !isStaged(name) && (name === NAME_PREFIX || name.startsWith(`${NAME_PREFIX}-`))
      ? `${prefix}${name.slice(NAME_PREFIX.length)}`
      : name;
  for (const child of scope.node.findAll()) {
    if (child instanceof cloudwatch.CfnDashboard && child.dashboardName !== undefined)
      child.dashboardName = staged(child.dashboardName);
    if (child instanceof sns.CfnTopic && child.topicName !== undefined)
      child.topicName = staged(child.topicName);
    if (child instanceof cloudwatch.CfnCompositeAlarm && child.alarmName !== undefined)
      child.alarmName = staged(child.alarmName);
    if (child instanceof cloudwatch.CfnAlarm) putStageIntoAlarm(child, staged);
  }
}

type Dimensions = cloudwatch.CfnAlarm['dimensions'];

/** The name of the deployment has its stage already; a log group and a table may be somebody else's, whatever they are called. */
const AS_THEY_ARE: readonly string[] = [DEPLOYMENT_DIMENSION, 'LogGroupName', 'TableName'];

function putStageIntoAlarm(alarm: cloudwatch.CfnAlarm, staged: (name: string) => string): void {
  const measured = <D extends Dimensions>(dimensions: D) =>
    Array.isArray(dimensions)
      ? dimensions.map((one) =>
          'value' in one && !AS_THEY_ARE.includes(one.name) ? { ...one, value: staged(one.value) } : one,
        )
      : dimensions;
  if (alarm.alarmName !== undefined) alarm.alarmName = staged(alarm.alarmName);
  alarm.dimensions = measured(alarm.dimensions);
  if (!Array.isArray(alarm.metrics)) return;
  // What is computed from several metrics.
  alarm.metrics = alarm.metrics.map((query) => {
    if (!('metricStat' in query) || query.metricStat === undefined || !('metric' in query.metricStat))
      return query;
    const { metricStat } = query;
    const { metric } = metricStat;
    if (!('metricName' in metric)) return query;
    return {
      ...query,
      metricStat: { ...metricStat, metric: { ...metric, dimensions: measured(metric.dimensions) } },
    };
  });
}
