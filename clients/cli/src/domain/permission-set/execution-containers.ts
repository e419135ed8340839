import { type PolicyStatement } from '@stepcast/policies';
import { type PermissionArns } from './names.ts';
import { allow, on } from './statement.ts';

/** What CloudFormation needs besides for the containers, their scaling, and the provisioner's HTTP API and functions. */
export function containerStatements(arns: PermissionArns, prefix: string): readonly PolicyStatement[] {
  const linked = (service: string, name: string) =>
    arns.role(`aws-service-role/${service}.amazonaws.com/${name}`);
  const scaling = linked('ecs.application-autoscaling', 'AWSServiceRoleForApplicationAutoScaling_ECSService');
  return [
    allow(
      'Cluster',
      on('ecs', 'CreateCluster DeleteCluster DescribeClusters UpdateCluster TagResource'),
      arns.cluster,
    ),
    allow(
      'Services',
      on('ecs', 'CreateService DeleteService DescribeServices UpdateService TagResource'),
      arns.services,
    ),
    allow('Tasks', on('ecs', 'RegisterTaskDefinition TagResource'), arns.taskDefinitions),
    {
      ...allow('HandRolesToTasks', on('iam', 'PassRole'), arns.role(`${prefix}-*`)),
      Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    },
    allow(
      'SecurityGroups',
      on(
        'ec2',
        'CreateSecurityGroup DeleteSecurityGroup AuthorizeSecurityGroupEgress RevokeSecurityGroupEgress CreateTags',
      ),
      [arns.of('ec2', 'security-group/*'), arns.of('ec2', 'vpc/*')],
    ),
    allow('Api', on('apigateway', 'GET POST PATCH PUT DELETE TagResource'), [
      arns.gateway('/apis'),
      arns.gateway('/apis/*'),
      arns.gateway('/tags/*'),
    ]),
    allow(
      'Scaling',
      on(
        'application-autoscaling',
        'RegisterScalableTarget DeregisterScalableTarget PutScalingPolicy DeleteScalingPolicy TagResource',
      ),
      arns.scalableTargets,
    ),
    allow(
      'QueueReaders',
      on('lambda', 'GetEventSourceMapping UpdateEventSourceMapping DeleteEventSourceMapping'),
      arns.of('lambda', 'event-source-mapping:*'),
    ),
    allow('HandRoleToScaling', on('iam', 'PassRole'), scaling),
    // These are made once in an account, by the first deployment.
    allow('LinkedRoles', on('iam', 'CreateServiceLinkedRole'), [
      linked('ecs', 'AWSServiceRoleForECS'),
      scaling,
    ]),
    allow(
      'WhatHasNoArn',
      [
        ...on('ec2', 'DescribeSecurityGroups DescribeSubnets DescribeVpcs'),
        ...on('ecs', 'DescribeTaskDefinition DeregisterTaskDefinition'),
        ...on('application-autoscaling', 'DescribeScalableTargets DescribeScalingPolicies'),
        ...on('lambda', 'CreateEventSourceMapping'),
        ...on(
          'logs',
          'CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries',
        ),
      ],
      '*',
    ),
  ];
}
