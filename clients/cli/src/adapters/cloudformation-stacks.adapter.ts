import { DescribeStacksCommand, type CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { StackSource } from '../ports/sources.port.ts';
import { lookUp } from './answer.ts';

/** CloudFormation has no name of its own for this: it is a `ValidationError` like many. */
export const isNoStack = ({ message }: Error): boolean => /does not exist/.test(message);

/** Stacks that are deployed, or were to be. */
export function createCloudFormationStacks(client: CloudFormationClient): StackSource {
  return {
    stack: (name) =>
      lookUp('cloudformation:DescribeStacks', isNoStack, async () => {
        const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
        return {
          status: stack?.StackStatus ?? 'unknown',
          outputs: Object.fromEntries(
            (stack?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
          ),
        };
      }),
  };
}
