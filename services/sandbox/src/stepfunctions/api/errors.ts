import { AwsError } from '../../core/index.ts';

/** Errors of the Step Functions API, worded as recorded from the service. All are status 400. */
const failure = (code: string, message: string): AwsError => new AwsError(code, 400, message);

export const apiErrors = {
  validation: (problem: string) => failure('ValidationException', `1 validation error detected: ${problem}`),
  invalidArn: (problem: string) => failure('InvalidArn', `Invalid Arn: '${problem}'`),
  invalidName: (name: string) => failure('InvalidName', `Invalid Name: '${name}'`),
  invalidDefinition: (problem: string) =>
    failure('InvalidDefinition', `Invalid State Machine Definition: '${problem}'`),
  invalidInput: (problem: string) =>
    failure('InvalidExecutionInput', `Invalid State Machine Execution Input: '${problem}'`),
  invalidLogging: (problem: string) =>
    failure('InvalidLoggingConfiguration', `Invalid Logging Configuration: ${problem}`),
  invalidToken: () => failure('InvalidToken', "Invalid Token: 'Invalid token'"),
  machineExists: (arn: string) =>
    failure('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`),
  noMachine: (arn: string) => failure('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`),
  typeNotSupported: () =>
    failure('StateMachineTypeNotSupported', 'This operation is not supported by this type of state machine'),
  notRedrivable: (reason: string) => failure('ExecutionNotRedrivable', reason),
  executionExists: (arn: string) => failure('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`),
  tooManyExecutions: (limit: number) =>
    failure('ExecutionLimitExceeded', `The sandbox runs ${limit} executions and takes no more`),
  noExecution: (arn: string) => failure('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`),
  noActivity: (arn: string) => failure('ActivityDoesNotExist', `Activity Does Not Exist: '${arn}'`),
  taskGone: () => failure('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'"),
  invalidOutput: (problem: string) => failure('InvalidOutput', `Invalid Output: '${problem}'`),
  noMapRun: (arn: string) => failure('ResourceNotFound', `Resource not found: '${arn}'`),
  nothingToUpdate: () =>
    failure(
      'MissingRequiredParameter',
      'Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified',
    ),
  notSupported: (feature: string) =>
    failure('ValidationException', `not supported in the sandbox: ${feature}`),
};
