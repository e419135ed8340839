import { parseValue } from '@stepcast/contracts';
import * as z from 'zod/mini';
import { PolicyError } from './errors.ts';
import { type PolicyStatement, type PolicyVersion } from './document.ts';

const oneOrMany = z.union([z.string(), z.array(z.string()).check(z.minLength(1))]);
const conditionValue = z.union([z.string(), z.number(), z.boolean()]);

/** Strict: an element that is not listed is not understood, and a statement that is not understood must not decide. */
const Statement = z.strictObject({
  Sid: z.optional(z.string()),
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.optional(
    z.union([
      z.literal('*'),
      z.strictObject({
        AWS: z.optional(oneOrMany),
        Federated: z.optional(oneOrMany),
        Service: z.optional(oneOrMany),
      }),
    ]),
  ),
  Action: z.optional(oneOrMany),
  NotAction: z.optional(oneOrMany),
  Resource: z.optional(oneOrMany),
  NotResource: z.optional(oneOrMany),
  Condition: z.optional(
    z.record(z.string(), z.record(z.string(), z.union([conditionValue, z.array(conditionValue)]))),
  ),
});

const Shell = z.strictObject({
  // AWS takes a missing version for the old one, in which variables are plain text.
  Version: z.optional(z.enum(['2012-10-17', '2008-10-17'])),
  Id: z.optional(z.string()),
  Statement: z.union([z.array(z.unknown()).check(z.minLength(1)), z.record(z.string(), z.unknown())]),
});

export interface ParsedDocument {
  readonly version: PolicyVersion;
  readonly statements: readonly PolicyStatement[];
}

/** @throws PolicyError naming the first thing that is wrong, and where */
export function parseDocument(name: string, document: unknown): ParsedDocument {
  const shell = parseValue(Shell, document);
  if (!shell.ok) throw firstIssue(name, '$', shell.issues);
  const raw = Array.isArray(shell.value.Statement) ? shell.value.Statement : [shell.value.Statement];
  const sids = new Set<string>();
  const statements = raw.map((statement, index): PolicyStatement => {
    const path = `$.Statement.${index}`;
    const parsed = parseValue(Statement, statement);
    if (!parsed.ok) throw firstIssue(name, path, parsed.issues);
    const { Sid } = parsed.value;
    if (Sid !== undefined && sids.has(Sid))
      throw new PolicyError(name, `${path}.Sid`, `the Sid "${Sid}" is used twice`);
    if (Sid !== undefined) sids.add(Sid);
    return parsed.value;
  });
  return { version: shell.value.Version ?? '2008-10-17', statements };
}

function firstIssue(
  name: string,
  base: string,
  issues: readonly { readonly path: string; readonly problem: string }[],
): PolicyError {
  const issue = issues[0] ?? { path: '$', problem: 'not a policy document' };
  return new PolicyError(name, `${base}${issue.path.slice(1)}`, issue.problem);
}
