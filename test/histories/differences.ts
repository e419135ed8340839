const guide = 'https://docs.aws.amazon.com/step-functions/latest/dg';
const language = 'https://states-language.net/';
/** Chains and texts that other projects recorded from AWS; our own tests hold them, by the same name. */
const recorded = 'no page says it; recorded from AWS (LocalStack, tests/aws/services/stepfunctions)';

/** What decides where moto differs: the page, and what it says. Where there is no page, that is said. */
const decisions = {
  jayway:
    'no page says it: Jayway JsonPath, whose wording AWS uses, names the first member that is missing (PathToken.handleObjectProperty)',
  definite: `${guide}/amazon-states-language-paths.html leaves it to JsonPath; https://github.com/json-path/JsonPath, "What is Returned When?": a definite path, so also an index of an array, gives the value itself`,
  array: `${guide}/intrinsic-functions.html, States.Array: an array with the values of the arguments, and null is one`,
  range: `${guide}/intrinsic-functions.html, States.ArrayRange: "You must specify a non-zero value for the third argument", so it may be negative`,
  intrinsic: `${language}#appendix-a, States.IntrinsicFailure: the attempt to invoke an intrinsic function failed. The developer guide does not name it`,
  base64: `${guide}/intrinsic-functions.html, States.Base64Decode: takes a Base64 encoded string; ${language}#appendix-a: what fails is States.IntrinsicFailure`,
  variables: `${guide}/workflow-variables.html: $name in paths and arguments of functions, inside Map and Parallel too. moto has them only in Assign`,
  timestamps: `${language}#timestamps: RFC 3339, where fractions of a second are allowed. moto reads none`,
  transition: `${recorded}: "Failed to transition out of the state…"`,
  condition: `${guide}/state-choice.html: test with IsPresent first. Of the text, ${recorded}: "The choice state's condition path references an invalid value."`,
  paths: `${guide}/concepts-error-handling.html, States.Runtime: is neither retried nor caught, for instance of InputPath on null. That nothing is recorded as failed by the task, no page says`,
  items: `${guide}/input-output-itemspath.html: ItemsPath selects an array. That there is no MapStateFailed, since the Map has not started: ${recorded}`,
  sideBySide: `${guide}/state-map-inline.html, MaxConcurrency: iterations run at the same time. That all which may run start at MapStateStarted: ${recorded}. moto chains them`,
  timedOut:
    'no page says it: an execution that is ended from outside has an end that follows no event, as recorded from AWS for ExecutionAborted',
  innerFailure: `${guide}/concepts-error-handling.html, States.Runtime: "will always cause the execution to fail", so with its own cause. moto fails over the reserved prefix "States."`,
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
