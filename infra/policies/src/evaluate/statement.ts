import { type CompiledStatement, type Selector } from './compile.ts';
import { type Context } from './context.ts';
import { type PrincipalNaming, type RequestPrincipal } from './principal-match.ts';

/** One request as the statements of one layer see it. */
export interface Question {
  readonly action: string;
  readonly resource: string;
  readonly principal: RequestPrincipal;
  readonly context: Context;
}

/** Why one statement did not apply. */
export type Failure =
  | {
      readonly element: 'action';
      readonly wanted: readonly string[];
      readonly negated: boolean;
      readonly asked: string;
    }
  | {
      readonly element: 'resource';
      /** With variables replaced. */
      readonly wanted: readonly string[];
      readonly negated: boolean;
      readonly asked: string;
      /** Variables that had no value, so that the resources they stand in match nothing. */
      readonly missingVariables: readonly string[];
    }
  | { readonly element: 'principal'; readonly wanted: readonly string[]; readonly asked: string }
  | {
      readonly element: 'condition';
      readonly operator: string;
      readonly key: string;
      readonly wanted: readonly string[];
      /** Values of the request; `undefined` when the key was absent. */
      readonly asked: readonly string[] | undefined;
      readonly missingVariables: readonly string[];
    };

/** `iot:ConnectAttributes` that have to be named by the statement that allows them. */
const attributesKey = 'iot:ConnectAttributes';

/**
 * A connection that asks for a persistent session or a last will is allowed only by a statement that speaks of them:
 * "By default, your policy has a non-persistent connection … You must specify a persistent connection in your IAM
 * policy if you want to have one" (IoT developer guide, "Using connectAttributes"). Some examples on "Connect policy
 * examples" read as if a bare Allow were enough; the stricter reading is taken, because a refusal here is seen at once.
 */
function unspokenAttributes(statement: CompiledStatement, question: Question): readonly string[] | undefined {
  if (statement.effect === 'Deny' || question.action.toLowerCase() !== 'iot:connect') return undefined;
  const asked = question.context.values(attributesKey);
  const spoken = statement.conditions.some(({ key }) => key === attributesKey || key === 'iot:LastWillTopic');
  return spoken ? undefined : asked;
}

function selects({ negated, patterns }: Selector, value: string, context: Context): boolean {
  const matched = patterns.some((pattern) => pattern.matches(value, (key) => context.variable(key)));
  return negated ? !matched : matched;
}

/**
 * Whether a statement applies, and how its principal names the caller (`undefined` for a layer without principals).
 */
export function applies(
  statement: CompiledStatement,
  question: Question,
): { readonly applies: boolean; readonly naming: PrincipalNaming | undefined } {
  const naming = statement.principal?.naming(question.principal);
  const met =
    selects(statement.action, question.action, question.context) &&
    (statement.resource === undefined || selects(statement.resource, question.resource, question.context)) &&
    (statement.principal === undefined || named(statement, naming, question.principal)) &&
    statement.conditions.every((condition) => condition.met(question.context)) &&
    unspokenAttributes(statement, question) === undefined;
  return { applies: met, naming };
}

function named(
  { effect }: CompiledStatement,
  naming: PrincipalNaming | undefined,
  { root }: RequestPrincipal,
): boolean {
  if (naming === undefined) return false;
  // An allow for the whole account only hands the decision to its identity policies.
  return effect === 'Deny' || naming !== 'account' || root === true;
}

/** Every reason why a statement does not apply; empty when it applies. */
export function failuresOf(statement: CompiledStatement, question: Question): readonly Failure[] {
  const { context } = question;
  const lookup = (key: string) => context.variable(key);
  const failures: Failure[] = [];
  if (!selects(statement.action, question.action, context))
    failures.push({
      element: 'action',
      negated: statement.action.negated,
      wanted: statement.action.patterns.map(({ source }) => source),
      asked: question.action,
    });
  if (statement.resource !== undefined && !selects(statement.resource, question.resource, context))
    failures.push({
      element: 'resource',
      negated: statement.resource.negated,
      wanted: statement.resource.patterns.map((pattern) => pattern.describe(lookup)),
      asked: question.resource,
      missingVariables: statement.resource.patterns.flatMap(
        (pattern) => pattern.missingVariable(lookup) ?? [],
      ),
    });
  if (
    statement.principal !== undefined &&
    !named(statement, statement.principal.naming(question.principal), question.principal)
  )
    failures.push({
      element: 'principal',
      wanted: statement.principal.sources,
      asked:
        question.principal.sessionArn ??
        question.principal.federated ??
        question.principal.service ??
        'anonymous',
    });
  for (const condition of statement.conditions) {
    if (condition.met(context)) continue;
    failures.push({
      element: 'condition',
      operator: condition.operator,
      key: condition.key,
      wanted: condition.wanted(context),
      asked: context.values(condition.key),
      missingVariables: condition.missingVariables(context),
    });
  }
  const attributes = unspokenAttributes(statement, question);
  if (attributes !== undefined)
    failures.push({
      element: 'condition',
      operator: 'ForAllValues:StringEquals',
      key: attributesKey,
      wanted: [],
      asked: attributes,
      missingVariables: [],
    });
  return failures;
}
