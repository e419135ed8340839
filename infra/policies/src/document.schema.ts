import { parseValue } from '@stepcast/contracts';
import * as z from 'zod/mini';
import { PolicyError } from './errors.ts';
import { type PolicyStatement, type PolicyVersion } from './document.ts';

// The compact build of zod brings no messages of its own, so each rule says what it wants.
const oneOrMany = z.union(
  [z.string(), z.array(z.string()).check(z.minLength(1, 'must be a list that is not empty'))],
  'must be a text or a list of texts that is not empty',
);
const conditionValue = z.union([z.string(), z.number(), z.boolean()]);

const Principal = z.union(
  [
    z.literal('*'),
    z.strictObject({
      AWS: z.optional(oneOrMany),
      Federated: z.optional(oneOrMany),
      Service: z.optional(oneOrMany),
    }),
  ],
  'must be "*" or an object of AWS, Federated and Service',
);

const Statement = z.object({
  Sid: z.optional(z.string('must be a text')),
  Effect: z.enum(['Allow', 'Deny'], 'must be "Allow" or "Deny"'),
  Principal: z.optional(Principal),
  Action: z.optional(oneOrMany),
  NotAction: z.optional(oneOrMany),
  Resource: z.optional(oneOrMany),
  NotResource: z.optional(oneOrMany),
  Condition: z.optional(
    z.record(
      z.string(),
      z.record(
        z.string(),
        z.union(
          [conditionValue, z.array(conditionValue)],
          'must be a text, number or boolean, or a list of them',
        ),
        'must be an object of condition keys',
      ),
      'must be an object of operators',
    ),
  ),
});
const statementElements = new Set(Object.keys(Statement.shape));

const Shell = z.object({
  // AWS takes a missing version for the old one, in which variables are plain text.
  Version: z.optional(z.enum(['2012-10-17', '2008-10-17'], 'must be "2012-10-17" or "2008-10-17"')),
  Id: z.optional(z.string('must be a text')),
  Statement: z.union(
    [
      z.array(z.unknown()).check(z.minLength(1, 'must be a list of statements that is not empty')),
      z.record(z.string(), z.unknown()),
    ],
    'must be a statement or a list of statements that is not empty',
  ),
});
const documentElements = new Set(Object.keys(Shell.shape));

/** An element that is not listed is not understood, and a statement that is not understood must not decide. */
function refuseOthers(name: string, path: string, value: unknown, known: ReadonlySet<string>): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new PolicyError(name, path, 'must be an object');
  const other = Object.keys(value).find((key) => !known.has(key));
  if (other !== undefined)
    throw new PolicyError(name, `${path}.${other}`, `the element "${other}" is not known`);
}

export interface ParsedDocument {
  readonly version: PolicyVersion;
  readonly statements: readonly PolicyStatement[];
}

/** @throws PolicyError naming the first thing that is wrong, and where */
export function parseDocument(name: string, document: unknown): ParsedDocument {
  refuseOthers(name, '$', document, documentElements);
  const shell = parseValue(Shell, document);
  if (!shell.ok) throw firstIssue(name, '$', shell.issues);
  const raw = Array.isArray(shell.value.Statement) ? shell.value.Statement : [shell.value.Statement];
  const sids = new Set<string>();
  const statements = raw.map((statement, index): PolicyStatement => {
    const path = `$.Statement.${index}`;
    refuseOthers(name, path, statement, statementElements);
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
