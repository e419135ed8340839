import { DescribeStateMachineCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { partitionOf } from '@stepcast/contracts';
import { DirectoryUnavailableError } from '../errors.ts';
import type { WorkflowDefinitions } from '../ports/workflow-definitions.port.ts';

/** Definitions of the state machines of one account and region, by DescribeStateMachine. */
export function createSfnWorkflowDefinitions(options: {
  readonly client: SFNClient;
  readonly region: string;
  readonly accountId: string;
}): WorkflowDefinitions {
  const { client, region, accountId } = options;
  return {
    async definitionOf(name) {
      const stateMachineArn = `arn:${partitionOf(region)}:states:${region}:${accountId}:stateMachine:${name}`;
      try {
        const { definition = '' } = await client.send(new DescribeStateMachineCommand({ stateMachineArn }));
        return definition;
      } catch (thrown) {
        throw new DirectoryUnavailableError('DescribeStateMachine', { cause: thrown });
      }
    },
  };
}
