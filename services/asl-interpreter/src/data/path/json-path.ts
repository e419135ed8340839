import { memberOf, type Json, type JsonObject } from '../../json.ts';
import { PathSyntaxError } from './cursor.ts';
import { matchesOf, PathTooWideError, type PathValues } from './evaluate.ts';
import { parsePath } from './parse.ts';
import { parseReferencePath, readReference, type Lookup, type ReferencePath } from './reference-path.ts';
import { isDefinite, type Path } from './syntax.ts';

/** What paths and functions are evaluated against. */
export interface DataScope {
  /** `$`. */
  readonly input: Json;
  /** `$$`. */
  readonly context: Json;
  /** `$name`, by name. */
  readonly variables?: JsonObject;
}

/** Why a text is no path, or undefined if it is one. */
export function pathProblem(text: string): string | undefined {
  if (parseReferencePath(text.trim()) !== undefined) return undefined;
  const parsed = tryParse(text);
  if (typeof parsed === 'string') return parsed;
  return parsed.root.kind === 'item' ? 'a path starts with $' : undefined;
}

/**
 * Evaluates a path. One that names exactly one place gives its value or is not found; any other gives the list of what it
 * matched, possibly empty. An index past the end is a place that is not there: AWS's messages are those of the JSONPath
 * library Jayway, whose README has a definite path without a result raise PathNotFoundException.
 */
export function lookup(text: string, scope: DataScope): Lookup {
  const reference = parseReferencePath(text.trim());
  if (reference !== undefined) return lookupReference(reference, scope);
  const path = tryParse(text);
  if (typeof path === 'string') return { found: false, problem: path };
  try {
    const matches = matchesOf(path, valuesOf(scope));
    if (!isDefinite(path) && path.call === undefined) return { found: true, value: matches };
    const [value] = matches;
    return value === undefined
      ? { found: false, problem: `No results for path: ${text}` }
      : { found: true, value };
  } catch (error) {
    if (error instanceof PathTooWideError) return { found: false, problem: error.message };
    throw error;
  }
}

function lookupReference(reference: ReferencePath, scope: DataScope): Lookup {
  if (reference.root === 'input') return readReference(reference, scope.input);
  if (reference.root === 'context') return readReference(reference, scope.context);
  const value = memberOf(scope.variables ?? {}, reference.variable ?? '');
  return value === undefined
    ? { found: false, problem: `The variable '${reference.variable ?? ''}' is not assigned` }
    : readReference(reference, value);
}

function valuesOf(scope: DataScope): PathValues {
  const { input, context, variables = {} } = scope;
  return { input, context, variable: (name) => memberOf(variables, name) };
}

function tryParse(text: string): Path | string {
  try {
    return parsePath(text.trim());
  } catch (error) {
    if (error instanceof PathSyntaxError) return error.message;
    throw error;
  }
}
