import type { CallContext, JsonService, Operation } from '../../core/index.ts';
import type { Engine } from '../engine.ts';
import { apiErrors } from './errors.ts';
import { pageOf } from './paging.ts';
import { checkArn, readRequest, requests } from './requests.ts';
import {
  epochSeconds,
  executionSummary,
  executionView,
  historyEventView,
  machineForExecutionView,
  machineView,
} from './views.ts';
import type { z } from 'zod';

/** The Step Functions API (AWS JSON 1.0) over an engine. An operation that is not here is not implemented. */
export function stepFunctionsService(engine: Engine): JsonService {
  const operation =
    <S extends z.core.$ZodType>(
      schema: S,
      handle: (request: z.output<S>, call: CallContext) => object,
    ): Operation =>
    (input, call) =>
      // A rejection, not an exception: what an operation throws is its answer.
      new Promise((resolve) => {
        resolve(handle(readRequest(schema, input), call));
      });

  const operations: Record<string, Operation> = {
    CreateStateMachine: operation(requests.createStateMachine, (request, call) => {
      call.authorize('states:CreateStateMachine', engine.arns.stateMachine(request.name));
      if (request.publish === true) throw apiErrors.notSupported('versions (publish)');
      if (request.type === 'EXPRESS') throw apiErrors.typeNotSupported('EXPRESS');
      const machine = engine.createStateMachine(request);
      return { stateMachineArn: machine.stateMachineArn, creationDate: epochSeconds(machine.createdAtMs) };
    }),
    UpdateStateMachine: operation(requests.updateStateMachine, (request, call) => {
      const arn = checkArn(request.stateMachineArn, 'stateMachine');
      call.authorize('states:UpdateStateMachine', arn);
      if (request.publish === true) throw apiErrors.notSupported('versions (publish)');
      const machine = engine.updateStateMachine(arn, request);
      return { updateDate: epochSeconds(machine.updatedAtMs), revisionId: machine.revisionId };
    }),
    DescribeStateMachine: operation(requests.describeStateMachine, (request, call) => {
      const arn = checkArn(request.stateMachineArn, 'stateMachine');
      call.authorize('states:DescribeStateMachine', arn);
      return machineView(engine.machine(arn));
    }),
    ListStateMachines: operation(requests.listStateMachines, (request, call) => {
      call.authorize('states:ListStateMachines', '*');
      const numbered = engine.machines().map((machine, index) => ({ machine, number: index + 1 }));
      const page = pageOf(numbered, ({ number }) => number, 'ascending', 'stateMachines', request);
      return {
        stateMachines: page.items.map(({ machine }) => ({
          stateMachineArn: machine.stateMachineArn,
          name: machine.name,
          type: 'STANDARD',
          creationDate: epochSeconds(machine.createdAtMs),
        })),
        nextToken: page.nextToken,
      };
    }),
    StartExecution: operation(requests.startExecution, (request, call) => {
      const arn = checkArn(request.stateMachineArn, 'stateMachine');
      call.authorize('states:StartExecution', arn);
      const execution = engine.startExecution(request);
      return {
        executionArn: execution.options.identity.executionArn,
        startDate: epochSeconds(execution.startedAtMs),
      };
    }),
    StopExecution: operation(requests.stopExecution, (request, call) => {
      const arn = checkArn(request.executionArn, 'execution');
      call.authorize('states:StopExecution', arn);
      const execution = engine.execution(arn);
      execution.stop(request.error, request.cause);
      return { stopDate: epochSeconds(execution.end?.stoppedAtMs ?? execution.startedAtMs) };
    }),
    DescribeExecution: operation(requests.describeExecution, (request, call) => {
      const arn = checkArn(request.executionArn, 'execution');
      call.authorize('states:DescribeExecution', arn);
      return executionView(engine.execution(arn), request.includedData !== 'METADATA_ONLY');
    }),
    DescribeStateMachineForExecution: operation(
      requests.describeStateMachineForExecution,
      (request, call) => {
        const arn = checkArn(request.executionArn, 'execution');
        call.authorize('states:DescribeStateMachineForExecution', arn);
        return machineForExecutionView(engine.execution(arn));
      },
    ),
    ListExecutions: operation(requests.listExecutions, (request, call) => {
      if (request.mapRunArn !== undefined) throw apiErrors.notSupported('distributed Map (mapRunArn)');
      if (request.stateMachineArn === undefined)
        throw apiErrors.validation('$.stateMachineArn: one of stateMachineArn and mapRunArn is needed');
      const arn = checkArn(request.stateMachineArn, 'stateMachine');
      call.authorize('states:ListExecutions', arn);
      engine.machine(arn);
      const { statusFilter, redriveFilter } = request;
      const entries = engine
        .executionsOf(arn)
        .filter(
          ({ execution }) =>
            (statusFilter === undefined || execution.status === statusFilter) && redriveFilter !== 'REDRIVEN',
        );
      const subject = `executions ${arn} ${statusFilter ?? ''} ${redriveFilter ?? ''}`;
      const page = pageOf(entries, ({ sequence }) => sequence, 'descending', subject, request);
      return {
        executions: page.items.map(({ execution }) => executionSummary(execution)),
        nextToken: page.nextToken,
      };
    }),
    GetExecutionHistory: operation(requests.getExecutionHistory, (request, call) => {
      const arn = checkArn(request.executionArn, 'execution');
      call.authorize('states:GetExecutionHistory', arn);
      const { events } = engine.execution(arn).history;
      const reverse = request.reverseOrder === true;
      const page = pageOf(
        reverse ? events.toReversed() : events,
        ({ id }) => id,
        reverse ? 'descending' : 'ascending',
        `history ${arn} ${String(reverse)}`,
        request,
      );
      return {
        events: page.items.map((event) => historyEventView(event, request.includeExecutionData !== false)),
        nextToken: page.nextToken,
      };
    }),
  };

  return {
    name: 'states',
    signingName: 'states',
    targetPrefix: 'AWSStepFunctions',
    jsonVersion: '1.0',
    operations,
    publicOperations: new Set(),
  };
}
