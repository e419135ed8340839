import * as z from 'zod/mini';

/** Where a value failed its schema: the path inside the value, and what was wrong there. */
export interface ParseIssue {
  readonly path: string;
  readonly problem: string;
}

export type ParseResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly issues: readonly ParseIssue[] };

function issuesOf(error: z.core.$ZodError): ParseIssue[] {
  return error.issues.map((issue) => ({
    path: issue.path.length === 0 ? '$' : `$.${issue.path.map(String).join('.')}`,
    problem: issue.message,
  }));
}

/** Checks a value against a schema. Never throws; says where and what was wrong, never the value itself. */
export function parseValue<S extends z.core.$ZodType>(schema: S, value: unknown): ParseResult<z.output<S>> {
  try {
    const result = z.safeParse(schema, value);
    return result.success ? { ok: true, value: result.data } : { ok: false, issues: issuesOf(result.error) };
  } catch (error) {
    // A schema that describes itself goes down with the value, and the stack ends before JSON does.
    if (!(error instanceof RangeError)) throw error;
    return { ok: false, issues: [{ path: '$', problem: 'nested too deeply' }] };
  }
}

/** Reads JSON text whose shape is checked elsewhere. */
export function readJson(text: string): ParseResult<unknown> {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false, issues: [{ path: '$', problem: 'not JSON' }] };
  }
}

/** Reads JSON text and checks it against a schema. The one door through which JSON text comes in. */
export function parseJson<S extends z.core.$ZodType>(schema: S, text: string): ParseResult<z.output<S>> {
  const json = readJson(text);
  return json.ok ? parseValue(schema, json.value) : json;
}

/** Whether a value is an object with properties: not null, and no array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One line for a log or an error: `$.detail.object.key: expected string`. */
export function describeIssues(issues: readonly ParseIssue[]): string {
  return issues.map(({ path, problem }) => `${path}: ${problem}`).join('; ');
}
