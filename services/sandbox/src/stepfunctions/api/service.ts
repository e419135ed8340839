import type { JsonService, Operation } from '../../core/index.ts';
import type { Engine } from '../engine.ts';
import { recordedEventView, recordedSummary, recordedView } from '../recordings/recordings.ts';
import { apiErrors } from './errors.ts';
import { mapRunOperations } from './map-run-operations.ts';
import { operation } from './operation.ts';
import { pageOf } from './paging.ts';
import { checkArn, requests } from './requests.ts';
import { describable, runOperations } from './run-operations.ts';
import { taskOperations } from './task-operations.ts';
import { testStateOperations } from './test-state.ts';
import {
  epochSeconds,
  executionSummary,
  executionView,
  historyEventView,
  machineForExecutionView,
  machineView,
} from './views.ts';

/** The Step Functions API (AWS JSON 1.0) over an engine. An operation that is not here is not implemented. */
export function stepFunctionsService(engine: Engine): JsonService {
  const operations: Record<string, Operation> = {
    ...taskOperations(engine),
    ...mapRunOperations(engine),
    ...runOperations(engine),
    ...testStateOperations(engine),
    CreateStateMachine: operation(requests.createStateMachine, (request, call) => {
      call.authorize('states:CreateStateMachine', engine.arns.stateMachine(request.name));
      if (request.publish === true) throw apiErrors.notSupported('versions (publish)');
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
          type: machine.type,
          creationDate: epochSeconds(machine.createdAtMs),
        })),
        nextToken: page.nextToken,
      };
    }),
    DescribeExecution: operation(requests.describeExecution, (request, call) => {
      const arn = checkArn(request.executionArn, 'execution');
      call.authorize('states:DescribeExecution', arn);
      const withData = request.includedData !== 'METADATA_ONLY';
      const recorded = engine.recordings.find(arn);
      return recorded === undefined
        ? executionView(describable(engine, arn), withData)
        : recordedView(recorded, withData);
    }),
    DescribeStateMachineForExecution: operation(
      requests.describeStateMachineForExecution,
      (request, call) => {
        const arn = checkArn(request.executionArn, 'execution');
        call.authorize('states:DescribeStateMachineForExecution', arn);
        const recorded = engine.recordings.find(arn);
        if (recorded === undefined) return machineForExecutionView(describable(engine, arn));
        if (recorded.stateMachine === undefined)
          throw apiErrors.noMachine(recorded.description.stateMachineArn);
        return recorded.stateMachine;
      },
    ),
    ListExecutions: operation(requests.listExecutions, (request, call) => {
      const { mapRunArn, stateMachineArn } = request;
      if ((mapRunArn === undefined) === (stateMachineArn === undefined))
        throw apiErrors.validation('$.stateMachineArn: one of stateMachineArn and mapRunArn is needed');
      const arn =
        mapRunArn === undefined
          ? checkArn(stateMachineArn ?? '', 'stateMachine')
          : checkArn(mapRunArn, 'mapRun');
      call.authorize('states:ListExecutions', arn);
      const recorded =
        mapRunArn === undefined ? engine.recordings.ofMachine(arn) : engine.recordings.ofMapRun(arn);
      if (recorded.length === 0 && mapRunArn === undefined && engine.machine(arn).type === 'EXPRESS')
        throw apiErrors.typeNotSupported();
      const { statusFilter, redriveFilter } = request;
      const ran =
        mapRunArn === undefined ? engine.executionsOf(arn) : engine.registry.executionsOfMapRun(arn);
      const entries = [
        ...ran.map(({ execution, sequence }) => ({
          sequence,
          status: execution.status,
          isRedriven: execution.identity.redriveCount > 0,
          view: () => executionSummary(execution),
        })),
        ...recorded.map(({ recording, sequence }) => ({
          sequence,
          status: recording.description.status,
          isRedriven: (recording.description.redriveCount ?? 0) > 0,
          view: () => recordedSummary(recording),
        })),
      ]
        .filter(
          ({ status, isRedriven }) =>
            (statusFilter === undefined || status === statusFilter) &&
            (redriveFilter === undefined || isRedriven === (redriveFilter === 'REDRIVEN')),
        )
        .toSorted((one, other) => other.sequence - one.sequence);
      const subject = `executions ${arn} ${statusFilter ?? ''} ${redriveFilter ?? ''}`;
      const page = pageOf(entries, ({ sequence }) => sequence, 'descending', subject, request);
      return {
        executions: page.items.map(({ view }) => view()),
        nextToken: page.nextToken,
      };
    }),
    GetExecutionHistory: operation(requests.getExecutionHistory, (request, call) => {
      const arn = checkArn(request.executionArn, 'execution');
      call.authorize('states:GetExecutionHistory', arn);
      const recorded = engine.recordings.find(arn);
      const withData = request.includeExecutionData !== false;
      const events =
        recorded?.events.map((event) => ({ id: event.id, view: () => recordedEventView(event, withData) })) ??
        describable(engine, arn).history.events.map((event) => ({
          id: event.id,
          view: () => historyEventView(event, withData),
        }));
      const reverse = request.reverseOrder === true;
      const page = pageOf(
        reverse ? events.toReversed() : events,
        ({ id }) => id,
        reverse ? 'descending' : 'ascending',
        `history ${arn} ${String(reverse)}`,
        request,
      );
      return {
        events: page.items.map(({ view }) => view()),
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
