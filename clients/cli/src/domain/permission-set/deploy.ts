import { type PolicyStatement } from '@stepcast/policies';
import { type PermissionArns } from './names.ts';

/**
 * What a person needs to run `cdk deploy` in a bootstrapped account: to take the bootstrap's roles, and to watch the
 * stacks. Everything else is done by CloudFormation under its execution role (purpose `execution`).
 */
export function deployStatements(arns: PermissionArns): readonly PolicyStatement[] {
  return [
    {
      Sid: 'TakeBootstrapRoles',
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Resource: ['deploy', 'file-publishing', 'image-publishing', 'lookup'].map((name) =>
        arns.bootstrapRole(name),
      ),
    },
    {
      Sid: 'ReadBootstrapVersion',
      Effect: 'Allow',
      Action: 'ssm:GetParameter',
      Resource: arns.bootstrapVersion,
    },
    {
      Sid: 'WatchStacks',
      Effect: 'Allow',
      Action: [
        'cloudformation:DescribeStacks',
        'cloudformation:DescribeStackEvents',
        'cloudformation:DescribeStackResources',
        'cloudformation:DescribeChangeSet',
        'cloudformation:GetTemplate',
        'cloudformation:ListStackResources',
      ],
      Resource: [arns.stacks, arns.toolkit],
    },
  ];
}
