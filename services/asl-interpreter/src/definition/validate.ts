import { describeIssues, isObject, parseValue, readJson } from '@stepcast/contracts';
import { isJsonObject, jsonOfText, MAX_JSON_DEPTH } from '../json.ts';
import { findProblems } from './check-machine.ts';
import { describeProblem, SCHEMA, type Problem } from './problem.ts';
import { Definition } from './schema.ts';

export type ValidatedDefinition =
  | { readonly ok: true; readonly definition: Definition }
  | { readonly ok: false; readonly problem: string; readonly problems: readonly Problem[] };

export type Validate = (text: string) => ValidatedDefinition;

/** Longest definition, in characters. A quota of Step Functions. */
const maxDefinitionLength = 1_048_576;
/** Problems that are named; a definition of 10,000 states may have as many. */
const maxNamed = 20;

/**
 * Checks the text of a definition as CreateStateMachine does: JSON, the shape of each state, the fields of its query
 * language, paths, functions and expressions, and where its transitions lead. A definition that passes is run.
 */
export const validateDefinition: Validate = (text) => {
  if (text.length > maxDefinitionLength)
    return refused({ code: SCHEMA, text: `longer than ${maxDefinitionLength} characters`, at: '$' });
  const json = jsonOfText(text);
  if (!isJsonObject(json))
    return refused({ code: 'INVALID_JSON_DESCRIPTION', text: whyNoObject(text), at: '$' });
  const problems = findProblems(json);
  const parsed = parseDefinition(json);
  if (parsed.ok && problems.length === 0) return { ok: true, definition: parsed.definition };
  return refused(...problems, ...(parsed.ok ? [] : [parsed.problem]));
};

/** Reads a definition without the checks that go beyond its shape. For tests that run many machines. */
export const readDefinition: Validate = (text) => {
  const json = jsonOfText(text);
  if (!isJsonObject(json)) return refused({ code: SCHEMA, text: 'not a JSON object', at: '$' });
  const parsed = parseDefinition(json);
  return parsed.ok ? { ok: true, definition: parsed.definition } : refused(parsed.problem);
};

function parseDefinition(
  json: unknown,
):
  { readonly ok: true; readonly definition: Definition } | { readonly ok: false; readonly problem: Problem } {
  const parsed = parseValue(Definition, json);
  if (parsed.ok) return { ok: true, definition: parsed.value };
  const at = parsed.issues[0]?.path ?? '$';
  return { ok: false, problem: { code: SCHEMA, text: describeIssues(parsed.issues), at } };
}

function whyNoObject(text: string): string {
  const read = readJson(text);
  return read.ok && isObject(read.value)
    ? `nested deeper than ${MAX_JSON_DEPTH} levels`
    : 'not a JSON object';
}

function refused(...problems: readonly Problem[]): ValidatedDefinition {
  const named = problems.slice(0, maxNamed).map(describeProblem);
  const more = problems.length - named.length;
  return {
    ok: false,
    problem: [...named, ...(more > 0 ? [`and ${more} more`] : [])].join(', '),
    problems,
  };
}
