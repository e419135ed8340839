import { isJsonArray, isJsonObject, memberOf, type Json } from '../../json.ts';
import { unescaped } from './cursor.ts';

/**
 * A path that names exactly one place: `$.a.b`, `$['a b'][0]`, `$$.Execution.Id`. These are read and written here rather
 * than apart from others, because `ResultPath` must *write* to the place, and because AWS's error texts name the step that was
 * missing.
 */
export interface ReferencePath {
  readonly root: 'input' | 'context' | 'variable';
  /** Name of the variable that is the root. */
  readonly variable?: string;
  readonly steps: readonly (string | number)[];
}

const dotted = /\.([^.[\]*?()'",:@~^`\s]+)/y;
const quoted = /\.?\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*\]/y;
const indexed = /\.?\[\s*(-?\d+)\s*\]/y;

/** Undefined if the text is a path that may name several places (wildcards, slices, filters), or no path at all. */
export function parseReferencePath(text: string): ReferencePath | undefined {
  if (!text.startsWith('$')) return undefined;
  const variable = /^\$([A-Za-z_]\w*)/.exec(text)?.[1];
  const isContext = text.startsWith('$$');
  let at = variable === undefined ? (isContext ? 2 : 1) : variable.length + 1;
  const steps: (string | number)[] = [];
  const match = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text) ?? undefined;
    if (found !== undefined) at = pattern.lastIndex;
    return found;
  };
  while (at < text.length) {
    const name = match(dotted);
    if (name !== undefined) {
      steps.push(name[1] ?? '');
      continue;
    }
    const literal = match(quoted);
    if (literal !== undefined) {
      steps.push(unescaped(literal[1], literal[2]));
      continue;
    }
    const position = match(indexed);
    if (position === undefined) return undefined;
    steps.push(Number(position[1]));
  }
  if (variable !== undefined) return { root: 'variable', variable, steps };
  return { root: isContext ? 'context' : 'input', steps };
}

/** `$['a']['b'][0]`, as AWS writes paths in its error texts. */
export function canonicalPath(path: ReferencePath, length = path.steps.length): string {
  const steps = path.steps
    .slice(0, length)
    .map((step) => (typeof step === 'number' ? `[${step}]` : `['${step}']`));
  return `$${steps.join('')}`;
}

export type Lookup =
  { readonly found: true; readonly value: Json } | { readonly found: false; readonly problem: string };

function stepInto(value: Json, step: string | number): Json | undefined {
  if (typeof step === 'string') return isJsonObject(value) ? memberOf(value, step) : undefined;
  return isJsonArray(value) ? value.at(step) : undefined;
}

/** Follows the path. `problem` is worded as AWS words it: `No results for path: $['a']`. */
export function readReference(path: ReferencePath, root: Json): Lookup {
  let value = root;
  for (const [position, step] of path.steps.entries()) {
    const next = stepInto(value, step);
    if (next === undefined) {
      const last = position === path.steps.length - 1;
      return {
        found: false,
        problem: last
          ? `No results for path: ${canonicalPath(path)}`
          : `Missing property in path ${canonicalPath(path, position + 1)}`,
      };
    }
    value = next;
  }
  return { found: true, value };
}

/**
 * A copy of `target` with `value` at the path; missing members on the way are made. Undefined where that is impossible:
 * a step into an array that has no such place, or into a text or a number.
 */
export function writeReference(path: ReferencePath, target: Json, value: Json): Json | undefined {
  return writeAt(path.steps, target, value);
}

function writeAt(
  steps: readonly (string | number)[],
  target: Json | undefined,
  value: Json,
): Json | undefined {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (typeof step === 'number') {
    if (target === undefined || !isJsonArray(target) || step < 0 || step >= target.length) return undefined;
    const inner = writeAt(rest, target[step], value);
    return inner === undefined ? undefined : target.with(step, inner);
  }
  if (target !== undefined && !isJsonObject(target)) return undefined;
  const inner = writeAt(rest, target === undefined ? undefined : memberOf(target, step), value);
  return inner === undefined ? undefined : { ...target, [step]: inner };
}
