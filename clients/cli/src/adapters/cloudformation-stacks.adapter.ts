import { DescribeStacksCommand, type CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { StackSource } from '../ports/sources.port.ts';
import { answer } from './answer.ts';

/** Outputs of a deployed stack. */
export function createCloudFormationStacks(client: CloudFormationClient): StackSource {
  return {
    outputs: (stackName) =>
      answer('cloudformation:DescribeStacks', async () => {
        const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
        return Object.fromEntries(
          (Stacks[0]?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
        );
      }),
  };
}
