/** What decides where moto differs. `DG`: AWS Step Functions Developer Guide. */
const decisions = {
  jayway:
    'Jayway JsonPath, whose wording AWS uses: the first member that is missing is named (PathToken.handleObjectProperty)',
  definite:
    'DG "Using JSONPath paths"; README of Jayway JsonPath, "When is a path definite": an index of an array gives the value itself',
  array: 'DG "Intrinsic functions", States.Array: an array with the values of the arguments, and null is one',
  range:
    'DG "Intrinsic functions", States.ArrayRange: the third argument is any whole number but 0, so it may be negative',
  intrinsic: 'DG "Handling errors": what goes wrong in an intrinsic function is States.IntrinsicFailure',
  base64:
    'DG "Intrinsic functions", States.Base64Decode: the argument is a Base64 string; States.IntrinsicFailure if not',
  variables:
    'DG "Passing data between states with variables": $name in paths and arguments of functions, inside Map and Parallel too. moto has them only in Assign',
  timestamps:
    'States Language, "Timestamps": RFC 3339, where fractions of a second are allowed. moto reads none',
  transition: 'histories recorded from AWS: "Failed to transition out of the state…"',
  condition:
    'DG "Choice workflow state": test with IsPresent first; histories recorded from AWS: "The choice state\'s condition path references an invalid value."',
  paths:
    'DG "Handling errors": States.Runtime, "for example… InputPath or OutputPath on a null JSON payload", is neither retried nor caught; nothing is recorded as failed by the task',
  items:
    'DG "Map workflow state": ItemsPath selects an array; histories recorded from AWS: States.Runtime without MapStateFailed, for the Map has not started',
  sideBySide:
    'DG "Map workflow state", MaxConcurrency: iterations run at the same time; histories recorded from AWS: all that may run start at MapStateStarted. moto chains them',
  timedOut:
    'history of an execution that the machine ends from outside, as recorded from AWS for ExecutionAborted: it follows no event',
  innerFailure:
    'DG "Handling errors": States.Runtime of a state inside ends the execution with its own cause. moto fails over the reserved prefix "States."',
} as const;

/** Where moto's history is another one, by the name of the sample, and what decides. */
export const differences: Readonly<Record<string, string>> = {
  'Pass: an OutputPath that is not there': decisions.jayway,
  'expression: $.a.b[-1]': decisions.definite,
  'Parallel: paths': decisions.definite,
  'expression: States.Array(1, $.n, null)': decisions.array,
  'expression: States.ArrayRange(9, 1, -4)': decisions.range,
  'expression: States.ArrayGetItem($.a.b, 17)': decisions.intrinsic,
  'expression: States.ArrayLength($.t)': decisions.intrinsic,
  'expression: States.MathAdd($.t, 1)': decisions.intrinsic,
  'expression: States.StringToJson($.t)': decisions.intrinsic,
  "expression: States.Base64Decode('***')": decisions.base64,
  'variables: one': decisions.variables,
  'variables: by path': decisions.variables,
  'variables: by function': decisions.variables,
  'variables: nested': decisions.variables,
  'variables: that is not there': decisions.variables,
  'variables: in a function': decisions.variables,
  'variables: over one another': decisions.variables,
  'Map: variables of outside': decisions.variables,
  'Parallel: variables of outside': decisions.variables,
  'Choice: TimestampLessThan "2026-06-01T12:00:00.500Z" over "2025-01-01T00:00:00Z"': decisions.timestamps,
  'Choice: TimestampGreaterThan "2025-01-01T00:00:00Z" over "2026-06-01T12:00:00.500Z"': decisions.timestamps,
  'Choice: TimestampGreaterThanEquals "2026-06-01T12:00:00.500Z" over "2026-06-01T12:00:00.500Z"':
    decisions.timestamps,
  'Choice: TimestampGreaterThanEquals "2026-06-01T12:00:00.500Z" over "2025-01-01T00:00:00Z"':
    decisions.timestamps,
  'Choice: TimestampLessThanPath': decisions.timestamps,
  'Choice: no rule holds': decisions.transition,
  'Choice: a variable that is not there': decisions.condition,
  'Choice: a path that is not there': decisions.condition,
  'Task fails: a path of Parameters that is not there': decisions.paths,
  'Task fails: a ResultSelector that is not there': decisions.paths,
  'TimeoutSeconds of the machine': decisions.timedOut,
  'Map: items that are no list': decisions.items,
  'Map: items that are not there': decisions.items,
  'Map: an inner path that is not there': decisions.innerFailure,
  'Parallel: an inner path that is not there': decisions.innerFailure,
  'Map: side by side': decisions.sideBySide,
  'Map: two at a time': decisions.sideBySide,
};
