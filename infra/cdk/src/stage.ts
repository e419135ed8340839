import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { DEPLOYMENT_DIMENSION, NAME_PREFIX, type DeploymentNames } from '@stepcast/wire';
import { type IConstruct } from 'constructs';

/**
 * Puts the stage into the names of alarms and dashboards below a construct, and into the names by which their metrics know
 * what they measure. What watches a deployment is the same for every stage and need not carry names about.
 */
export function putStage(scope: IConstruct, { prefix }: DeploymentNames): void {
  if (prefix === NAME_PREFIX) return;
  const staged = (name: string): string =>
    name === NAME_PREFIX || name.startsWith(`${NAME_PREFIX}-`)
      ? `${prefix}${name.slice(NAME_PREFIX.length)}`
      : name;
  for (const child of scope.node.findAll()) {
    if (child instanceof cloudwatch.CfnDashboard && child.dashboardName !== undefined)
      child.dashboardName = staged(child.dashboardName);
    if (child instanceof cloudwatch.CfnCompositeAlarm && child.alarmName !== undefined)
      child.alarmName = staged(child.alarmName);
    if (!(child instanceof cloudwatch.CfnAlarm)) continue;
    if (child.alarmName !== undefined) child.alarmName = staged(child.alarmName);
    if (Array.isArray(child.dimensions))
      child.dimensions = child.dimensions.map((one) =>
        // The name of the deployment has its stage already.
        'value' in one && one.name !== DEPLOYMENT_DIMENSION ? { ...one, value: staged(one.value) } : one,
      );
  }
}
