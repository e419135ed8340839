import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sns from 'aws-cdk-lib/aws-sns';
import { deploymentNames } from '@stepcast/wire';
import { expect, it } from 'vitest';
import { putStage } from './stage.ts';

const metric = (FunctionName: string) =>
  new cloudwatch.Metric({ namespace: 'AWS/Lambda', metricName: 'Errors', dimensionsMap: { FunctionName } });

function watched(stage: string | undefined): string {
  const stack = new Stack(new App(), 'Stack');
  new cloudwatch.Alarm(stack, 'One', {
    alarmName: 'stepcast-forwarder-errors',
    metric: metric('stepcast-forwarder'),
    threshold: 0,
    evaluationPeriods: 1,
  });
  new cloudwatch.Alarm(stack, 'Computed', {
    alarmName: 'stepcast-share',
    metric: new cloudwatch.MathExpression({
      expression: 'a / b',
      usingMetrics: { a: metric('stepcast-forwarder'), b: metric('orders') },
    }),
    threshold: 0,
    evaluationPeriods: 1,
  });
  new cloudwatch.Dashboard(stack, 'Dashboard', { dashboardName: 'stepcast' });
  new sns.Topic(stack, 'Topic', { topicName: 'stepcast-alarms' });
  putStage(stack, deploymentNames({ stage }));
  putStage(stack, deploymentNames({ stage }));
  return JSON.stringify(Template.fromStack(stack).toJSON());
}

const names = (text: string) =>
  [...text.matchAll(/"(stepcast[^"]*|orders)"/g)].map(([, name]) => name).toSorted();

it('what watches a stage is named after it, and so is what it measures', () => {
  expect(names(watched('dev'))).toEqual([
    'orders',
    'stepcast-dev',
    'stepcast-dev-alarms',
    'stepcast-dev-forwarder',
    'stepcast-dev-forwarder',
    'stepcast-dev-forwarder-errors',
    'stepcast-dev-share',
  ]);
});

it('without a stage nothing is changed', () => {
  expect(names(watched(undefined))).toEqual([
    'orders',
    'stepcast',
    'stepcast-alarms',
    'stepcast-forwarder',
    'stepcast-forwarder',
    'stepcast-forwarder-errors',
    'stepcast-share',
  ]);
});

it('a log group and an adopted table that are called like ours were taken for the stage’s own', () => {
  const stack = new Stack(new App(), 'Stack');
  const LogGroupName = 'stepcast-tasks';
  const TableName = 'stepcast-journal';
  new cloudwatch.Alarm(stack, 'Delivery', {
    alarmName: 'stepcast-report-delivery-errors',
    metric: new cloudwatch.Metric({
      namespace: 'AWS/Logs',
      metricName: 'DeliveryErrors',
      dimensionsMap: { LogGroupName, FilterName: 'stepcast-forwarder-reports' },
    }),
    threshold: 0,
    evaluationPeriods: 1,
  });
  const throttles = (metricName: string) =>
    new cloudwatch.Metric({ namespace: 'AWS/DynamoDB', metricName, dimensionsMap: { TableName } });
  new cloudwatch.Alarm(stack, 'Throttles', {
    alarmName: 'stepcast-dynamodb-throttles',
    metric: new cloudwatch.MathExpression({
      expression: 'a + b',
      usingMetrics: { a: throttles('ReadThrottleEvents'), b: throttles('WriteThrottleEvents') },
    }),
    threshold: 0,
    evaluationPeriods: 1,
  });
  putStage(stack, deploymentNames({ stage: 'dev' }));
  expect(names(JSON.stringify(Template.fromStack(stack).toJSON()))).toEqual([
    'stepcast-dev-dynamodb-throttles',
    'stepcast-dev-forwarder-reports',
    'stepcast-dev-report-delivery-errors',
    TableName,
    TableName,
    LogGroupName,
  ]);
});
