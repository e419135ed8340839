/** Runs Amazon States Language and records the history events that AWS would. See README.md for what it runs. */
export {
  functionNameOf,
  parseTaskResource,
  type ServiceResource,
  type TaskResource,
} from './definition/resources.ts';
export { machinesIn, targetsOf } from './definition/check-machine.ts';
export { describeProblem, stepTo, type Problem } from './definition/problem.ts';
export { machineFields, stateFields } from './definition/schema.ts';
export type { Definition, State } from './definition/schema.ts';
export {
  readDefinition,
  validateDefinition,
  type Validate,
  type ValidatedDefinition,
} from './definition/validate.ts';
export { Execution, type ExecutionOptions } from './engine/execution.ts';
export { MAX_HISTORY_EVENTS } from './engine/history.ts';
export { startedOf } from './engine/started.ts';
export { statusChangeOf } from './engine/status-change.ts';
export {
  byteLength,
  isJson,
  isJsonArray,
  isJsonObject,
  jsonOfText,
  jsonProblem,
  jsonOfValue,
  MAX_DATA_BYTES,
  memberOf,
  textOfJson,
  type Json,
  type JsonObject,
} from './json.ts';
export type { Counts, MapRunProgress } from './map-run/progress.ts';
export {
  ServiceError,
  type CallService,
  type EndedExecution,
  type ExecutionsPort,
  type ListedObject,
  type MockAnswer,
  type MockRequest,
  type ObjectsPort,
  type Ports,
  type ServiceCall,
  type StartedExecution,
} from './ports.ts';
export { testState, type TestedState, type TestStateOptions } from './test-state/test-state.ts';
export { Activities, type ActivityTask } from './tasks/activities.ts';
export { TaskTokens, type TokenAnswer } from './tasks/task-tokens.ts';
export type * from './types.ts';
