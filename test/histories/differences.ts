const guide = 'https://docs.aws.amazon.com/step-functions/latest/dg';
const api = 'https://docs.aws.amazon.com/step-functions/latest/apireference';
const language = 'https://states-language.net/spec.html';
/** Chains and texts that other projects recorded from AWS; our own tests hold them, by the same name. */
const recorded = 'no page says it; recorded from AWS (LocalStack, tests/aws/services/stepfunctions)';
const evaluation = `${api}/API_EvaluationFailedEventDetails.html, "EvaluationFailedEventDetails": of "an evaluation failure that occurred while processing a state, for example, when a JSONata expression throws an error", with "the location of the field"`;

/** What decides where moto differs: the page by its title, and what it says. Where there is no page, that is said. */
const decisions = {
  jayway:
    'no page says it: Jayway JsonPath, whose wording AWS uses, names the first member that is missing (PathToken.handleObjectProperty)',
  definite: `no page of AWS says it: https://github.com/json-path/JsonPath, README, "What is Returned When?": a path is indefinite with a deep scan, a filter or several indexes, so one index gives the value itself`,
  array: `${guide}/intrinsic-functions.html, States.Array: an array with the values of the arguments, and null is one`,
  range: `${guide}/intrinsic-functions.html, States.ArrayRange: "You must specify a non-zero value for the third argument", so it may be negative`,
  intrinsic: `${language}, "Amazon States Language", Appendix A, States.IntrinsicFailure: "Within a Payload Template, the attempt to invoke an Intrinsic Function failed."`,
  base64: `${guide}/intrinsic-functions.html, States.Base64Decode: takes a Base64 encoded string. What fails is States.IntrinsicFailure: ${language}, "Amazon States Language", Appendix A`,
  noVariable: `no page says how it fails. That it may be named there: ${guide}/workflow-variables.html, "Passing data between states with variables": in "any field that accepts a JSONPath expression"`,
  timestamps: `${language}, "Amazon States Language", Timestamps: "MUST conform to the RFC3339 profile of ISO 8601", where fractions of a second are allowed. moto reads none`,
  transition: `${guide}/state-choice.html, "Choice workflow state": "an error due to a failure to transition out of the state". Its name and text: ${recorded}`,
  condition: `${recorded}: "The choice state's condition path references an invalid value."`,
  paths: `${guide}/concepts-error-handling.html, States.Runtime: "errors at runtime, such as attempting to apply InputPath or OutputPath on a null JSON payload". That nothing is recorded as failed by the task, no page says`,
  items: `${guide}/input-output-itemspath.html, "ItemsPath": its value "must point to JSON array". That there is no MapStateFailed, since the Map has not started: ${recorded}`,
  sideBySide: `${guide}/state-map-inline.html, "Using Map state in Inline mode": up to 40 iterations at the same time. That all which may run start at MapStateStarted: ${recorded}. moto chains them`,
  timedOut:
    'no page says it: an execution that is ended from outside has an end that follows no event, as recorded from AWS for ExecutionAborted',
  innerFailure: `${guide}/concepts-error-handling.html, States.Runtime: "will always cause the execution to fail", so with its own cause. moto fails over the reserved prefix "States."`,
  parallel: `${guide}/transforming-data.html, "Transforming data with JSONata": "Assign and Output steps occur in parallel". moto assigns first`,
  location: `${evaluation}. That it follows what was before the state, and that its text names the field: ${recorded}. moto says neither`,
  threw: `${evaluation}. moto ends with what its library threw`,
  type: `${evaluation}. That a value of the wrong type is one: ${recorded}, "returned an unexpected result type". moto ends with what Python threw`,
  arguments: `${evaluation}. That nothing is recorded as failed by the task: ${recorded}. moto calls it one of DynamoDB`,
} as const;

const nothing = ['$none', '$states.input.nowhere'];
const throwing = ['$states.input.t + 1', '$sum("x")', '$nowhere(1)', '$number("x")'];
const ofEach = (expressions: readonly string[], decision: string): Record<string, string> =>
  Object.fromEntries(
    expressions.flatMap((text) => [
      [`JSONata fails: ${text}`, decision],
      [`JSONata fails in Assign: ${text}`, decision],
    ]),
  );

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
  'variables: that is not there': decisions.noVariable,
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
  'JSONata: Assign reads what was before': decisions.parallel,
  'JSONata: Choice whose condition is no boolean': decisions.type,
  'JSONata: Choice of nothing': decisions.transition,
  'JSONata: Fail over a number': decisions.type,
  'JSONata: Wait for a text': decisions.type,
  'JSONata: Map of no list': decisions.location,
  'JSONata: Task with Arguments that do not evaluate, caught': decisions.arguments,
  'JSONata: Output that does not evaluate, caught': decisions.location,
  ...ofEach(nothing, decisions.location),
  ...ofEach(throwing, decisions.threw),
};
