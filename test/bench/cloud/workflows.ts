import { BENCH_STATES } from '../workload.ts';
import { Refusal, type Service } from './aws-json.ts';

/** The state machine of the workload: ten tasks, one after the other. */
const definition = JSON.stringify({
  StartAt: BENCH_STATES[0],
  States: Object.fromEntries(
    BENCH_STATES.map((name, index) => {
      const next = BENCH_STATES[index + 1];
      const task = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke' };
      return [name, next === undefined ? { ...task, End: true } : { ...task, Next: next }];
    }),
  ),
});

/** Step Functions knows the machine, and no execution: the logs of the bench are complete, nothing has to be looked up. */
export const workflows: Service = (operation) => {
  if (operation === 'DescribeStateMachineForExecution' || operation === 'DescribeStateMachine')
    return {
      stateMachineArn: 'arn:aws:states:us-east-1:111122223333:stateMachine:PhotoPipeline',
      name: 'PhotoPipeline',
      definition,
      roleArn: 'arn:aws:iam::111122223333:role/PhotoPipelineRole',
      updateDate: 1_760_000_000,
      type: 'STANDARD',
      loggingConfiguration: { level: 'ALL', includeExecutionData: true },
    };
  if (operation.startsWith('Describe') || operation.startsWith('Get'))
    throw new Refusal('ExecutionDoesNotExist');
  throw new Refusal('UnknownOperationException', operation);
};
