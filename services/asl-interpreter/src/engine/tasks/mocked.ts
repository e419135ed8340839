import type { Json } from '../../json.ts';
import { StateFailure } from '../failures.ts';
import { resultOf } from './function-call.ts';
import type { TaskAttempt } from './task.ts';

/**
 * What stands in for the work of a task that has a mock; undefined where it has none. A mock answers with the result of the
 * whole task, also of one that waits for a job or a token.
 */
export function mockedWork({ scope, state, attempt }: TaskAttempt): Promise<Json> | undefined {
  const { run, name } = scope;
  const mock = run.ports.mocks?.({
    stateMachineArn: run.stateMachineArn,
    executionArn: run.executionArn,
    stateName: name,
    attempt,
  });
  if (mock === undefined) return undefined;
  return 'error' in mock
    ? Promise.reject(new StateFailure(mock.error, mock.cause))
    : Promise.resolve(mock.result).then((result) => resultOf(result, state.Resource));
}
