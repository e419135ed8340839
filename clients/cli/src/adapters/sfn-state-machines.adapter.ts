import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  ListExecutionsCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import { known } from '../domain/evidence.ts';
import type { StateMachineSource } from '../ports/sources.port.ts';
import { answer, lookUp, named } from './answer.ts';

/** State machines, their logging, and inputs of their executions. */
export function createSfnStateMachines(client: SFNClient): StateMachineSource {
  return {
    stateMachine: (arn) =>
      lookUp('states:DescribeStateMachine', named('StateMachineDoesNotExist', 'InvalidArn'), async () => {
        const machine = await client.send(new DescribeStateMachineCommand({ stateMachineArn: arn }));
        const logging = machine.loggingConfiguration;
        return {
          arn,
          type: machine.type ?? 'STANDARD',
          roleArn: machine.roleArn ?? '',
          logLevel: logging?.level ?? 'OFF',
          includesExecutionData: logging?.includeExecutionData ?? false,
          logGroupArns: (logging?.destinations ?? []).flatMap(
            ({ cloudWatchLogsLogGroup }) => cloudWatchLogsLogGroup?.logGroupArn ?? [],
          ),
        };
      }),
    async newestInputs(stateMachineArn, maxResults) {
      const listed = await answer('states:ListExecutions', async () => {
        const { executions } = await client.send(new ListExecutionsCommand({ stateMachineArn, maxResults }));
        return executions ?? [];
      });
      if (listed.state === 'unavailable') return listed;
      const inputs: (string | undefined)[] = [];
      // One after the other: the quota is small, and the correlator lives on it too.
      for (const { executionArn } of listed.value) {
        const input = await answer('states:DescribeExecution', async () => {
          const described = await client.send(new DescribeExecutionCommand({ executionArn }));
          return described.input;
        });
        if (input.state === 'unavailable') return input;
        inputs.push(input.value);
      }
      return known(inputs);
    },
  };
}
