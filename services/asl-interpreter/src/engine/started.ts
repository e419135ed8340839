import type { EndedExecution, StartedExecution } from '../ports.ts';
import type { Execution } from './execution.ts';

/** An execution that was just started, as the one that started it sees it. */
export function startedOf(execution: Execution): StartedExecution {
  const { identity, input } = execution.options;
  return {
    executionArn: identity.executionArn,
    startedAtMs: execution.startedAtMs,
    ended: execution.closed.then((end): EndedExecution => ({
      executionArn: identity.executionArn,
      name: identity.executionName,
      stateMachineArn: identity.stateMachineArn,
      input,
      startedAtMs: execution.startedAtMs,
      ...end,
    })),
    stop: () => execution.stop(undefined, undefined),
  };
}
