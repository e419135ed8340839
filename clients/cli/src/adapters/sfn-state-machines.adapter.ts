import { DescribeStateMachineCommand, type SFNClient } from '@aws-sdk/client-sfn';
import type { StateMachineSource } from '../ports/sources.port.ts';
import { lookUp, named } from './answer.ts';

/** State machines and their logging. */
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
  };
}
