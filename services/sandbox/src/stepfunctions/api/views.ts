import type {
  Execution,
  HistoryDetails,
  HistoryEvent,
  HistoryEventType,
  LoggingConfiguration,
} from '@stepcast/asl-interpreter';
import type { StateMachine } from '../registry.ts';

/** Dates of the AWS JSON protocol: seconds since the epoch, with a fraction. */
export function epochSeconds(milliseconds: number): number {
  return milliseconds / 1000;
}

export function loggingView(configuration: LoggingConfiguration) {
  return {
    level: configuration.level,
    includeExecutionData: configuration.includeExecutionData,
    ...(configuration.destinations.length === 0
      ? {}
      : {
          destinations: configuration.destinations.map(({ logGroupArn }) => ({
            cloudWatchLogsLogGroup: { logGroupArn },
          })),
        }),
  };
}

export function machineView(machine: StateMachine) {
  return {
    stateMachineArn: machine.stateMachineArn,
    name: machine.name,
    status: 'ACTIVE',
    definition: machine.definitionText,
    roleArn: machine.roleArn,
    type: machine.type,
    creationDate: epochSeconds(machine.createdAtMs),
    loggingConfiguration: loggingView(machine.loggingConfiguration),
    tracingConfiguration: { enabled: false },
    encryptionConfiguration: { type: 'AWS_OWNED_KEY' },
    revisionId: machine.revisionId,
  };
}

export function executionSummary(execution: Execution) {
  const { identity, redrivenAtMs } = execution;
  return {
    executionArn: identity.executionArn,
    stateMachineArn: identity.stateMachineArn,
    name: identity.executionName,
    status: execution.status,
    startDate: epochSeconds(execution.startedAtMs),
    ...(execution.end === undefined ? {} : { stopDate: epochSeconds(execution.end.stoppedAtMs) }),
    redriveCount: identity.redriveCount,
    ...(redrivenAtMs === undefined ? {} : { redriveDate: epochSeconds(redrivenAtMs) }),
  };
}

export function executionView(execution: Execution, withData: boolean) {
  const { end, notRedrivable } = execution;
  return {
    ...executionSummary(execution),
    ...(execution.options.identity.mapRunArn === undefined
      ? {}
      : { mapRunArn: execution.options.identity.mapRunArn }),
    ...(withData ? { input: execution.options.input, inputDetails: { included: true } } : {}),
    ...(withData && end?.output !== undefined
      ? { output: end.output, outputDetails: { included: true } }
      : {}),
    ...(withData && end?.error !== undefined ? { error: end.error } : {}),
    ...(withData && end?.cause !== undefined ? { cause: end.cause } : {}),
    redriveStatus: execution.redriveStatus,
    ...(notRedrivable === undefined ? {} : { redriveStatusReason: notRedrivable }),
  };
}

export function machineForExecutionView(execution: Execution) {
  const { identity, definitionText, roleArn, loggingConfiguration, machineUpdatedAtMs, revisionId } =
    execution.options;
  return {
    stateMachineArn: identity.stateMachineArn,
    name: identity.stateMachineName,
    definition: definitionText,
    roleArn,
    updateDate: epochSeconds(machineUpdatedAtMs),
    loggingConfiguration: loggingView(loggingConfiguration),
    tracingConfiguration: { enabled: false },
    encryptionConfiguration: { type: 'AWS_OWNED_KEY' },
    revisionId,
  };
}

/** Which member of an event carries its details; types that are not listed have none. */
function detailsMember(type: HistoryEventType): string | undefined {
  if (type.endsWith('StateEntered')) return 'stateEnteredEventDetails';
  if (type.endsWith('StateExited')) return 'stateExitedEventDetails';
  const bare =
    /^(Map|Parallel)State(Succeeded|Failed|Aborted)$|^ParallelStateStarted$|^(Task|Wait)StateAborted$|^LambdaFunctionStarted$|^MapRun(Succeeded|Aborted)$/;
  if (bare.test(type)) return undefined;
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}

function withoutData(details: HistoryDetails): HistoryDetails {
  const {
    input: _input,
    inputDetails: _in,
    output: _output,
    outputDetails: _out,
    parameters: _parameters,
    assignedVariables: _assigned,
    assignedVariablesDetails: _assignedDetails,
    ...rest
  } = details;
  return rest;
}

export function historyEventView(event: HistoryEvent, withData: boolean) {
  const member = detailsMember(event.type);
  return {
    timestamp: epochSeconds(event.timestampMs),
    type: event.type,
    id: event.id,
    previousEventId: event.previousEventId,
    ...(member === undefined ? {} : { [member]: withData ? event.details : withoutData(event.details) }),
  };
}
