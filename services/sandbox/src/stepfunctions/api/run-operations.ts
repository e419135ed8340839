import type { Execution } from '@stepcast/asl-interpreter';
import type { Operation } from '../../core/index.ts';
import type { Engine } from '../engine.ts';
import type { RecordedExecution } from '../recordings/recording.schema.ts';
import { apiErrors } from './errors.ts';
import { operation } from './operation.ts';
import { checkArn, requests } from './requests.ts';
import { epochSeconds } from './views.ts';

/** Least that an Express execution is billed for. Source: AWS, Step Functions pricing. */
const BILLED_MEMORY_MB = 64;
const BILLED_STEP_MS = 100;

/** Starting, stopping and redriving executions. */
export function runOperations(engine: Engine): Record<string, Operation> {
  return {
    StartExecution: operation(requests.startExecution, (request, call) => {
      const arn = checkArn(request.stateMachineArn, 'stateMachine');
      call.authorize('states:StartExecution', arn);
      const execution = engine.startExecution(request);
      return {
        executionArn: execution.options.identity.executionArn,
        startDate: epochSeconds(execution.startedAtMs),
      };
    }),
    StartSyncExecution: operation(requests.startExecution, async (request, call) => {
      const arn = checkArn(request.stateMachineArn, 'stateMachine');
      call.authorize('states:StartSyncExecution', arn);
      if (engine.machine(arn).type !== 'EXPRESS') throw apiErrors.typeNotSupported();
      const execution = engine.startExecution(request, true);
      await execution.closed;
      return syncView(execution);
    }),
    StopExecution: operation(requests.stopExecution, (request, call) => {
      const arn = checkArn(request.executionArn, 'execution');
      call.authorize('states:StopExecution', arn);
      if (engine.recordings.find(arn) !== undefined)
        throw apiErrors.notSupported('stopping an execution that was imported');
      const execution = describable(engine, arn);
      execution.stop(request.error, request.cause);
      return { stopDate: epochSeconds(execution.end?.stoppedAtMs ?? execution.startedAtMs) };
    }),
    RedriveExecution: operation(requests.redriveExecution, (request, call) => {
      const arn = checkArn(request.executionArn, 'execution');
      call.authorize('states:RedriveExecution', arn);
      const recording = engine.recordings.find(arn);
      if (recording !== undefined) throw apiErrors.notRedrivable(whyNotRedrivable(recording));
      const execution = engine.redriveExecution(arn);
      return { redriveDate: epochSeconds(execution.redrivenAtMs ?? execution.startedAtMs) };
    }),
  };
}

/** Of what ran in AWS, or before the sandbox was started again, there is a history and nothing that could go on. */
function whyNotRedrivable({ description }: RecordedExecution): string {
  if (description.status === 'SUCCEEDED') return 'Execution is SUCCEEDED and cannot be redriven';
  const { redriveStatus, redriveStatusReason } = description;
  return redriveStatus === 'NOT_REDRIVABLE' && typeof redriveStatusReason === 'string'
    ? redriveStatusReason
    : 'Execution ran outside of this sandbox; only its history is here';
}

/**
 * An execution that the API answers for. It knows none of Express machines, whose only record is their log, but children
 * of Map Runs. Throws `ExecutionDoesNotExist`, `InvalidArn`.
 */
export function describable(engine: Engine, arn: string): Execution {
  const execution = engine.execution(arn);
  const { type, identity } = execution.options;
  if (type === 'EXPRESS' && identity.mapRunArn === undefined)
    throw apiErrors.invalidArn('Resource type not valid in this context: express');
  return execution;
}

function syncView(execution: Execution) {
  const { identity, input } = execution.options;
  const { startedAtMs, end } = execution;
  const stoppedAtMs = end?.stoppedAtMs ?? startedAtMs;
  const steps = Math.max(1, Math.ceil((stoppedAtMs - startedAtMs) / BILLED_STEP_MS));
  return {
    executionArn: identity.executionArn,
    stateMachineArn: identity.stateMachineArn,
    name: identity.executionName,
    startDate: epochSeconds(startedAtMs),
    stopDate: epochSeconds(stoppedAtMs),
    // ABORTED only when the sandbox stops; a synchronous execution has no such status.
    status: end?.status === 'ABORTED' ? 'FAILED' : end?.status,
    input,
    inputDetails: { included: true },
    outputDetails: { included: true },
    ...(end?.output === undefined ? {} : { output: end.output }),
    ...(end?.error === undefined ? {} : { error: end.error }),
    ...(end?.cause === undefined ? {} : { cause: end.cause }),
    billingDetails: {
      billedMemoryUsedInMB: BILLED_MEMORY_MB,
      billedDurationInMilliseconds: steps * BILLED_STEP_MS,
    },
  };
}
