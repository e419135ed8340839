import { type OneOrMany, type PolicyDocument, type PolicyStatement } from '../document.ts';
import { parseDocument } from '../document.schema.ts';
import { PolicyError } from '../errors.ts';
import { compileCondition, type Condition } from './condition.ts';
import { compilePrincipal, type PrincipalMatcher } from './principal-match.ts';
import { actionPattern, resourcePattern, type ValuePattern } from './value-patterns.ts';

/**
 * What a document is attached to. `identity`, `session` and `iot` documents have no principal; `resource` documents
 * need one; `trust` documents need one and have no resource.
 */
export type PolicyKind = 'identity' | 'session' | 'iot' | 'resource' | 'trust';

/** `Action` or `NotAction`, `Resource` or `NotResource`. */
export interface Selector {
  readonly negated: boolean;
  readonly patterns: readonly ValuePattern[];
}

export interface CompiledStatement {
  readonly index: number;
  readonly sid: string | undefined;
  readonly effect: 'Allow' | 'Deny';
  readonly principal: PrincipalMatcher | undefined;
  readonly action: Selector;
  /** Absent in trust policies only. */
  readonly resource: Selector | undefined;
  readonly conditions: readonly Condition[];
}

/** A document that was read and checked once, to be evaluated many times. */
export interface CompiledPolicy {
  readonly name: string;
  readonly kind: PolicyKind;
  readonly statements: readonly CompiledStatement[];
  /** Whether `${…}` is a variable in this document (`Version` 2012-10-17). */
  readonly variables: boolean;
}

export interface CompileOptions {
  /** How explanations call the document: its policy name or ARN. Default `policy`. */
  readonly name?: string;
  /** Default `identity`. */
  readonly kind?: PolicyKind;
}

/**
 * Reads a policy document.
 *
 * ```ts
 * const role = compilePolicy(documents.authenticated.policies[0].document, { name: 'stepcast-authenticated' });
 * evaluate({ identity: [role] }, { action: 's3:GetObject', resource: 'arn:aws:s3:::uploads/a', context: {} });
 * ```
 *
 * @param document the parsed JSON
 * @throws PolicyError for anything that is malformed or not known here: element, operator, key, variable
 */
export function compilePolicy(
  document: PolicyDocument | Readonly<Record<string, unknown>>,
  options: CompileOptions = {},
): CompiledPolicy {
  const { name = 'policy', kind = 'identity' } = options;
  const { version, statements } = parseDocument(name, document);
  const variables = version === '2012-10-17';
  return {
    name,
    kind,
    variables,
    statements: statements.map((statement, index) =>
      compileStatement(statement, index, { name, kind, variables }),
    ),
  };
}

function compileStatement(
  statement: PolicyStatement,
  index: number,
  { name, kind, variables }: { name: string; kind: PolicyKind; variables: boolean },
): CompiledStatement {
  const at = (element: string) => `$.Statement.${index}${element === '' ? '' : `.${element}`}`;
  const fail = (element: string) => (problem: string) => new PolicyError(name, at(element), problem);

  const action = select(
    ['Action', statement.Action],
    ['NotAction', statement.NotAction],
    (source, element) => actionPattern(source, fail(element)),
    fail(''),
  );
  if (action === undefined) throw fail('')('neither "Action" nor "NotAction"');

  const resource = select(
    ['Resource', statement.Resource],
    ['NotResource', statement.NotResource],
    (source, element) => resourcePattern(source, { variables, wildcards: true }, fail(element)),
    fail(''),
  );
  if (kind === 'trust' && resource !== undefined) throw fail('Resource')('a trust policy has no resource');
  if (kind !== 'trust' && resource === undefined) throw fail('')('neither "Resource" nor "NotResource"');

  const takesPrincipal = kind === 'resource' || kind === 'trust';
  if (takesPrincipal && statement.Principal === undefined)
    throw fail('')(`a ${kind} policy needs "Principal"`);
  if (!takesPrincipal && statement.Principal !== undefined)
    throw fail('Principal')(`a policy of kind ${kind} has no principal`);

  const conditions = Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) =>
      compileCondition(operator, key, values, variables, fail(`Condition.${operator}.${key}`)),
    ),
  );
  return {
    index,
    sid: statement.Sid,
    effect: statement.Effect,
    principal:
      statement.Principal === undefined
        ? undefined
        : compilePrincipal(statement.Principal, fail('Principal')),
    action,
    resource,
    conditions,
  };
}

function select(
  [name, plain]: readonly [string, OneOrMany<string> | undefined],
  [notName, negated]: readonly [string, OneOrMany<string> | undefined],
  compile: (source: string, element: string) => ValuePattern,
  fail: (problem: string) => Error,
): Selector | undefined {
  if (plain !== undefined && negated !== undefined) throw fail(`both "${name}" and "${notName}"`);
  const [element, values] = plain === undefined ? [notName, negated] : [name, plain];
  if (values === undefined) return undefined;
  const sources = typeof values === 'string' ? [values] : values;
  return { negated: plain === undefined, patterns: sources.map((source) => compile(source, element)) };
}
