import { readFile } from 'node:fs/promises';
import { describeIssues, isObject, parseJson } from '@stepcast/contracts';
import { asError, StepcastError } from '@stepcast/kit';
import * as z from 'zod';
import type { EventBridgeEvent } from './event-bridge.ts';

/** `--input` cannot be used, or makes no JSON of an event. The message says which file or variable, and what is wrong. */
export class TargetInputError extends StepcastError {
  readonly code = 'SANDBOX_TARGET_INPUT';
  readonly retryable = false;
}

const Path = z
  .string()
  .max(1_000)
  .regex(/^\$(?:\.[\w-]+|\[\d+\])*$/, 'not a path such as $.detail.object.key');
const Transformer = z.strictObject({
  InputPathsMap: z.record(z.string().regex(/^[\w.-]{1,256}$/), Path).default({}),
  InputTemplate: z.string().min(1).max(8_192),
});
type Target = z.infer<typeof Transformer> | { readonly InputPath: string } | { readonly Input: string };

/** As EventBridge has it in the target of a rule. A transformer may stand by itself. */
const TargetInput = z.preprocess(
  (value) =>
    isObject(value) && ('InputTemplate' in value || 'InputPathsMap' in value)
      ? { InputTransformer: value }
      : value,
  z
    .strictObject({
      InputTransformer: Transformer.optional(),
      InputPath: Path.optional(),
      Input: z.string().min(1).optional(),
    })
    .transform((target, context): Target => {
      const [only, ...more] = Object.keys(target);
      if (more.length === 0) {
        if (target.InputTransformer !== undefined) return target.InputTransformer;
        if (target.InputPath !== undefined) return { InputPath: target.InputPath };
        if (target.Input !== undefined) return { Input: target.Input };
      }
      context.addIssue(
        `name one of InputTransformer, InputPath and Input${only === undefined ? '' : ', not more'}`,
      );
      return z.NEVER;
    }),
);

/** Makes the input of an execution of an event, as text. @throws TargetInputError for what is no JSON */
export type InputOfEvent = (event: EventBridgeEvent) => string;

/** Source: EventBridge user guide, "Amazon EventBridge input transformation". */
const PREDEFINED = {
  rule: 'aws.events.rule-name',
  ruleArn: 'aws.events.rule-arn',
  at: 'aws.events.event.ingestion-time',
  withoutDetail: 'aws.events.event',
  whole: 'aws.events.event.json',
} as const;

/** Reads a file that says what a rule gives to its target. @throws TargetInputError */
export async function loadTargetInput(file: string): Promise<InputOfEvent> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (thrown) {
    throw new TargetInputError(`--input ${file} cannot be read: ${asError(thrown).message}`, {
      cause: thrown,
    });
  }
  return inputBy(text, file);
}

/**
 * What a rule gives to its target, as the text of a file says: `InputPath`, `Input`, or `InputTransformer`.
 * @throws TargetInputError for a text that says none of these
 */
export function inputBy(text: string, file: string): InputOfEvent {
  const parsed = parseJson(TargetInput, text);
  if (!parsed.ok)
    throw new TargetInputError(
      `${file} is no InputTransformer, InputPath or Input of an EventBridge target: ${describeIssues(parsed.issues)}`,
    );
  const target = parsed.value;
  if ('Input' in target) return () => jsonOf(target.Input, file);
  if ('InputPath' in target)
    return (event) => {
      const found = valueAt(event, target.InputPath);
      if (found === undefined) throw new TargetInputError(`${file}: the event has no ${target.InputPath}`);
      return JSON.stringify(found);
    };
  const { InputPathsMap, InputTemplate } = target;
  const unknown = variablesOf(InputTemplate).filter(
    (name) => !Object.hasOwn(InputPathsMap, name) && !Object.values<string>(PREDEFINED).includes(name),
  );
  if (unknown.length > 0)
    throw new TargetInputError(
      `${file}: InputPathsMap has no ${unknown.join(', ')}, which the template names`,
    );
  return (event) => jsonOf(filled(InputTemplate, variables(event, InputPathsMap)), file);
}

function variables(
  event: EventBridgeEvent,
  paths: Readonly<Record<string, string>>,
): ReadonlyMap<string, unknown> {
  const { detail: _detail, ...withoutDetail } = event;
  const rule = 'stepcast-observed';
  return new Map<string, unknown>([
    [PREDEFINED.rule, rule],
    [PREDEFINED.ruleArn, `arn:aws:events:${event.region}:${event.account}:rule/${rule}`],
    [PREDEFINED.at, event.time],
    [PREDEFINED.withoutDetail, withoutDetail],
    [PREDEFINED.whole, event],
    ...Object.entries(paths).map(([name, path]): [string, unknown] => [name, valueAt(event, path)]),
  ]);
}

const VARIABLE = /<([\w.-]{1,256})>/g;

function variablesOf(template: string): string[] {
  return [...template.matchAll(VARIABLE)].map(([, name = '']) => name);
}

/**
 * EventBridge puts quotes around a text, unless the variable stands within a text of the template; there it goes in as it is, unescaped.
 * A variable of a path that leads nowhere leaves nothing.
 */
function filled(template: string, values: ReadonlyMap<string, unknown>): string {
  let text = '';
  let at = 0;
  for (const match of template.matchAll(VARIABLE)) {
    text += template.slice(at, match.index);
    at = match.index + match[0].length;
    const value = values.get(match[1] ?? '');
    if (value === undefined) continue;
    text +=
      typeof value === 'string' && isWithinText(template.slice(0, match.index))
        ? value
        : JSON.stringify(value);
  }
  return text + template.slice(at);
}

/** Whether a quotation mark that opens a JSON text has no closing one in this part of a template. */
function isWithinText(before: string): boolean {
  let isOpen = false;
  for (let index = 0; index < before.length; index += 1)
    if (isOpen && before[index] === '\\') index += 1;
    else if (before[index] === '"') isOpen = !isOpen;
  return isOpen;
}

function valueAt(event: object, path: string): unknown {
  let value: unknown = event;
  for (const [, name, index] of path.matchAll(/\.([\w-]+)|\[(\d+)\]/g)) {
    if (index !== undefined) value = Array.isArray(value) ? value[Number(index)] : undefined;
    else
      value = isObject(value) && name !== undefined && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}

/** The text itself: numbers keep their digits. @throws TargetInputError */
function jsonOf(text: string, file: string): string {
  const parsed = parseJson(z.unknown(), text);
  if (!parsed.ok)
    throw new TargetInputError(
      `${file}: what it makes of an event is no JSON, which Step Functions does not take; a text that holds a quote has to stand alone, without quotes around it`,
    );
  return text;
}
