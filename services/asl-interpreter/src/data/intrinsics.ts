import { type Json } from '../json.ts';
import { FunctionProblem, intrinsicFunctions, type FunctionEnvironment } from './intrinsic-functions.ts';
import { escapedBy, parseIntrinsic, type IntrinsicArgument, type IntrinsicCall } from './intrinsic-parser.ts';
import { lookup, type DataScope } from './path/json-path.ts';
import { DataProblem } from './problems.ts';
import { textOfValue } from './text-of-value.ts';

/** Everything a payload template or a path is evaluated with. */
export interface Evaluation extends DataScope, FunctionEnvironment {}

const formatName = 'States.Format';

/** Why a call cannot run whatever its data is: an unknown function, a wrong number of arguments. For validation. */
export function callProblem(call: IntrinsicCall): string | undefined {
  for (const arg of call.args) {
    const inner = arg.kind === 'call' ? callProblem(arg) : undefined;
    if (inner !== undefined) return inner;
  }
  if (call.name === formatName)
    return call.args.length === 0 ? 'States.Format needs a template as its first argument' : undefined;
  const entry = Object.hasOwn(intrinsicFunctions, call.name) ? intrinsicFunctions[call.name] : undefined;
  if (entry === undefined) return `there is no function ${call.name}`;
  if (call.args.length < entry.min || call.args.length > entry.max)
    return `${call.name} takes ${entry.min === entry.max ? entry.min : `${entry.min} to ${entry.max}`} arguments`;
  return undefined;
}

/** Evaluates a call such as `States.ArrayLength($.items)`. Throws {@link DataProblem}. */
export function evaluateIntrinsic(source: string, evaluation: Evaluation): Json {
  const call = parseIntrinsic(source);
  try {
    return evaluateCall(call, evaluation);
  } catch (error) {
    if (!(error instanceof FunctionProblem)) throw error;
    throw new DataProblem(
      `The function '${call.source}' had the following error: ${error.message}`,
      'States.IntrinsicFailure',
    );
  }
}

function evaluateCall(call: IntrinsicCall, evaluation: Evaluation): Json {
  const problem = callProblem(call);
  if (problem !== undefined) throw new FunctionProblem(problem);
  const args = call.args.map((arg) => evaluateArgument(arg, call, evaluation));
  if (call.name === formatName) {
    const [first] = call.args;
    const template = first?.kind === 'string' ? first.template : args[0];
    if (typeof template !== 'string') throw new FunctionProblem('the first argument must be a string');
    return format(template, args.slice(1), first?.kind === 'string' ? escapedBy : (char) => char);
  }
  const entry = intrinsicFunctions[call.name];
  if (entry === undefined) throw new FunctionProblem(`there is no function ${call.name}`);
  return entry.run(args, evaluation);
}

function evaluateArgument(arg: IntrinsicArgument, call: IntrinsicCall, evaluation: Evaluation): Json {
  switch (arg.kind) {
    case 'call':
      return evaluateCall(arg, evaluation);
    case 'path': {
      const found = lookup(arg.path, evaluation);
      if (!found.found)
        throw new DataProblem(
          `The function '${call.source}' had the following error: ` +
            `The JsonPath argument for the field '${arg.path}' could not be found in the input '${JSON.stringify(evaluation.input)}'`,
        );
      return found.value;
    }
    case 'null':
      return null;
    case 'string':
    case 'number':
    case 'boolean':
      return arg.value;
  }
}

function format(template: string, values: readonly Json[], escaping: (char: string) => string): string {
  let used = 0;
  const text = template.replaceAll(/\\(.)|\{\}/gs, (_match, escaped: string | undefined) => {
    if (escaped !== undefined) return escaping(escaped);
    const value = values[used];
    used += 1;
    return value === undefined ? '' : textOfValue(value);
  });
  if (used !== values.length)
    throw new FunctionProblem(`the template has ${used} placeholders for ${values.length} values`);
  return text;
}
