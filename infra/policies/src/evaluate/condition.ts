import { type OneOrMany } from '../document.ts';
import { findConditionKey } from './condition-keys.ts';
import { type Context } from './context.ts';
import { parseOperator } from './operators.ts';

/** One line of a condition block: an operator, a key, and what is wanted of it. */
export interface Condition {
  readonly operator: string;
  readonly key: string;
  met(context: Context): boolean;
  /** The wanted values with variables replaced. */
  wanted(context: Context): readonly string[];
  /** Variables of the wanted values that have no value in this request. */
  missingVariables(context: Context): readonly string[];
}

/**
 * How a condition is read (IAM user guide, "Condition operators", "Set operators for multivalued context keys",
 * "Policy variables with no value"):
 * - several values of the policy: one must match; for a negated operator none may;
 * - an absent key: false, but true for a negated operator, for `…IfExists`, and for `ForAllValues`. `ForAnyValue` is
 *   false, negated or not. The guide does not say what `ForAnyValue:…IfExists` does; its general sentence on `IfExists`
 *   ("if the key is not present, evaluate the condition element as true") is followed.
 * - a variable without a value equals nothing, so a negated operator is true of it.
 *
 * @param fail makes the error for a problem; whatever it returns is thrown
 */
export function compileCondition(
  operatorName: string,
  keyName: string,
  values: OneOrMany<string | number | boolean>,
  variables: boolean,
  fail: (problem: string) => Error,
): Condition {
  const parsed = parseOperator(operatorName);
  if (parsed === undefined) throw fail(`the condition operator "${operatorName}" is not known`);
  const key = findConditionKey(keyName);
  if (key === undefined) throw fail(`the condition key "${keyName}" is not known`);
  const sources = (Array.isArray(values) ? values : [values]).map(String);

  if (parsed.kind === 'null') {
    const [source, ...more] = sources;
    const wanted = source?.toLowerCase();
    if (more.length > 0 || (wanted !== 'true' && wanted !== 'false'))
      throw fail('"Null" takes one value, "true" or "false"');
    return {
      operator: operatorName,
      key: key.name,
      met: (context) => (context.values(key.name) === undefined) === (wanted === 'true'),
      wanted: () => [wanted],
      missingVariables: () => [],
    };
  }

  const { operator, quantifier, ifExists } = parsed;
  if (key.multiValued && quantifier === undefined)
    throw fail(
      `"${key.name}" can have several values and needs ForAnyValue: or ForAllValues: before the operator`,
    );
  // "ForAllValues:StringEquals": [] means "no value at all" (IoT guide, "Connect policy examples"); without a set
  // operator an empty list could never match and is a slip.
  if (sources.length === 0 && quantifier === undefined) throw fail('the list of values is empty');
  const patterns = sources.map((source) => operator.compile(source, { variables, wildcards: true }, fail));

  return {
    operator: operatorName,
    key: key.name,
    met(context) {
      const asked = context.values(key.name);
      const lookup = (name: string) => context.variable(name);
      const one = (value: string) => {
        const matched = patterns.some((pattern) => pattern.matches(value, lookup));
        return operator.negated ? !matched : matched;
      };
      if (asked === undefined)
        return ifExists || quantifier === 'all' || (quantifier !== 'any' && operator.negated);
      // Without a set operator the key is single-valued, so "every" tests one value.
      return quantifier === 'any' ? asked.some(one) : asked.every(one);
    },
    wanted: (context) => patterns.map((pattern) => pattern.describe((name) => context.variable(name))),
    missingVariables: (context) =>
      patterns.flatMap((pattern) => pattern.missingVariable((name) => context.variable(name)) ?? []),
  };
}
