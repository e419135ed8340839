import { parseJson, parseValue } from '@stepcast/contracts';
import { indexOfJsonError, lineAndColumn } from '@stepcast/wire';
import * as z from 'zod';
import { UserWorkflowError } from './errors.ts';
import type { Handler, Handlers } from './handler.ts';

const JsonObject = z.record(z.string(), z.unknown());

/**
 * Reads the text of a definition.
 * @param file its name, for the message
 * @throws UserWorkflowError when it is no JSON object with `StartAt` and `States`
 */
export function parseDefinition(text: string, file: string): Readonly<Record<string, unknown>> {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (source.trim() === '')
    throw new UserWorkflowError(`${file} is empty; it must hold a state machine in JSON`);
  const parsed = parseJson(z.unknown(), source);
  if (!parsed.ok) {
    const place = lineAndColumn(source, indexOfJsonError(source) ?? source.length);
    throw new UserWorkflowError(`${file} is not JSON: it breaks at ${place}${hintAt(source, file)}`);
  }
  const definition = parseValue(z.looseObject({ StartAt: z.string(), States: JsonObject }), parsed.value);
  if (!definition.ok)
    throw new UserWorkflowError(
      `${file} is no state machine: ` +
        `${definition.issues.map(({ path, problem }) => `${path}: ${problem}`).join('; ')}. ` +
        `It needs "StartAt" and "States" at the top${templateHint(parsed.value)}`,
    );
  return definition.value;
}

/** What to do with a file that something else has to read first. */
function hintAt(source: string, file: string): string {
  if (/\.tf$/i.test(file))
    return '. Terraform is not read: name the file that templatefile() reads, or keep the definition in one';
  if (source.includes('{%') || source.includes('%{'))
    return '. It has directives of a template ({% … %}, %{ … }): render it, and name what comes of it';
  return '';
}

function templateHint(value: unknown): string {
  const json = JsonObject.safeParse(value).data ?? {};
  if ('stepFunctions' in json) return '. It is a serverless.yml: name it by --serverless';
  return 'Resources' in json ? '. It is a template of CloudFormation: name it by --sam' : '';
}

/** `my-fn`, from a name, a partial or a full ARN, with or without a version or alias. */
export function functionNameOf(text: string): string {
  const parts = text.split(':');
  const at = parts.lastIndexOf('function');
  return (at === -1 ? parts[0] : parts[at + 1]) ?? text;
}

const lambdaInvoke = /^arn:aws[a-z-]*:states:::lambda:invoke(\.waitForTaskToken)?$/;
const lambdaArn = /^arn:aws[a-z-]*:lambda:/;

/** What one state calls, and the state machines inside it. */
const StateShape = z.looseObject({
  Resource: z.string().optional(),
  Parameters: z.looseObject({ FunctionName: z.string().optional() }).optional(),
  Arguments: z.looseObject({ FunctionName: z.string().optional() }).optional(),
  Branches: z.array(z.unknown()).optional(),
  ItemProcessor: z.unknown().optional(),
  Iterator: z.unknown().optional(),
});

/**
 * The functions that a definition names, with the path of each place. Names that are only known at run time
 * (`FunctionName.$`) are not among them.
 */
export function functionsNamedIn(
  definition: unknown,
  path = '$',
): { readonly name: string; readonly path: string }[] {
  const machine = JsonObject.safeParse(definition).data;
  const states = JsonObject.safeParse(machine?.States).data ?? {};
  return Object.entries(states).flatMap(([stateName, value]) => {
    const state = StateShape.safeParse(value).data;
    if (state === undefined) return [];
    const here = `${path}.States[${JSON.stringify(stateName)}]`;
    const own = [];
    if (state.Resource !== undefined && lambdaArn.test(state.Resource))
      own.push({ name: functionNameOf(state.Resource), path: `${here}.Resource` });
    const [field, parameters] =
      state.Arguments === undefined
        ? (['Parameters', state.Parameters] as const)
        : (['Arguments', state.Arguments] as const);
    // An expression is known only when it is evaluated.
    if (
      state.Resource !== undefined &&
      lambdaInvoke.test(state.Resource) &&
      parameters?.FunctionName &&
      !parameters.FunctionName.startsWith('{%')
    )
      own.push({ name: functionNameOf(parameters.FunctionName), path: `${here}.${field}.FunctionName` });
    return [
      ...own,
      ...(state.Branches ?? []).flatMap((branch, index) =>
        functionsNamedIn(branch, `${here}.Branches[${index}]`),
      ),
      ...functionsNamedIn(state.ItemProcessor, `${here}.ItemProcessor`),
      ...functionsNamedIn(state.Iterator, `${here}.Iterator`),
    ];
  });
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}

const kindOf = (value: unknown) =>
  value === null ? 'null' : Array.isArray(value) ? 'an array' : `of type ${typeof value}`;

/**
 * Takes the functions out of a loaded module: the properties of its default export or of its export `handlers`, else its
 * named exports.
 * @param file its name, for the message
 * @throws UserWorkflowError when there is none, or when one is no function
 */
export function handlersOf(module: unknown, file: string): Handlers {
  const exports = JsonObject.safeParse({ ...Object(module) }).data ?? {};
  const grouped = exports.default ?? exports.handlers;
  const source = grouped === undefined ? exports : JsonObject.safeParse(grouped).data;
  if (source === undefined)
    throw new UserWorkflowError(
      `${file}: its ${exports.default === undefined ? 'export "handlers"' : 'default export'} is ${kindOf(grouped)}; ` +
        'it must be an object of functions by name',
    );
  const handlers: Record<string, Handler> = {};
  for (const [name, value] of Object.entries(source)) {
    if (!isHandler(value))
      throw new UserWorkflowError(
        `${file}: ${JSON.stringify(name)} is ${kindOf(value)}; each handler must be a function (event, context) => result`,
      );
    handlers[name] = value;
  }
  if (Object.keys(handlers).length === 0)
    throw new UserWorkflowError(
      `${file} exports no handler; export an object of functions by name as its default export`,
    );
  return handlers;
}

/**
 * The functions that a definition calls and no handler answers for, with the path of each place. Stand-ins answer for them.
 * `CreateStateMachine` judges the definition.
 * @throws UserWorkflowError when the text is no state machine
 */
export function functionsWithoutHandler(
  definition: { readonly text: string; readonly file: string },
  handlers: readonly string[],
): readonly { readonly name: string; readonly path: string }[] {
  const parsed = parseDefinition(definition.text, definition.file);
  return functionsNamedIn(parsed).filter(({ name }) => !handlers.includes(name));
}
