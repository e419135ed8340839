import { JSONPath } from 'jsonpath-plus';
import { isJson, type Json } from '../json.ts';
import { filtersIn, replaceQuoted } from './filters.ts';
import { parseReferencePath, readReference, type Lookup } from './reference-path.ts';

/** What paths and functions are evaluated against. */
export interface DataScope {
  /** `$`. */
  readonly input: Json;
  /** `$$`. */
  readonly context: Json;
}

const harmless = /^[\s@$.\w[\]<>=!&|()\-+""]*$/;
const call = /\w\s*\(/;
const assignment = /(^|[^=!<>])=(?!=)/;

/**
 * Why a path that may name several places is not taken, or undefined if it is. Filters may compare and combine; calls and
 * assignments are no part of JSONPath, though the library would run them.
 */
export function pathProblem(text: string): string | undefined {
  if (parseReferencePath(text) !== undefined) return undefined;
  if (!text.startsWith('$')) return 'a path starts with $';
  if (/[~^`]/.test(replaceQuoted(text, ''))) return 'the operators ~, ^ and ` are not JSONPath';
  for (const expression of filtersIn(text)) {
    const bare = replaceQuoted(expression, '""');
    if (!harmless.test(bare) || call.test(bare) || assignment.test(bare))
      return `the filter (${expression}) does more than compare`;
  }
  return undefined;
}

/**
 * Evaluates a path. One that names exactly one place gives its value or is not found; any other gives the list of what it
 * matched, possibly empty.
 */
export function lookup(text: string, scope: DataScope): Lookup {
  const reference = parseReferencePath(text);
  if (reference !== undefined)
    return readReference(reference, reference.root === 'context' ? scope.context : scope.input);
  const problem = pathProblem(text);
  if (problem !== undefined) return { found: false, problem };
  const inContext = text.startsWith('$$');
  const root = inContext ? scope.context : scope.input;
  if (typeof root !== 'object' || root === null) return { found: true, value: [] };
  const matches: unknown = JSONPath({
    path: inContext ? text.slice(1) : text,
    json: root,
    wrap: true,
    // 'safe' interprets filter expressions itself and never reaches the JavaScript evaluator.
    eval: 'safe',
    // A filter that reads a member of null or of a number matches nothing.
    ignoreEvalErrors: true,
  });
  return { found: true, value: isJson(matches) ? matches : [] };
}
