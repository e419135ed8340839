import { PolicyRequestError } from '../errors.ts';
import { findConditionKey } from './condition-keys.ts';

/** Condition keys and their values, as a request carries them. An empty list is the same as an absent key. */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>;

/** The context of one request, read once: names without regard to case, values as lists. */
export interface Context {
  /** Every value of a key; `undefined` when the key is absent. */
  values(key: string): readonly string[] | undefined;
  /** The value of a policy variable; `undefined` when it has none. */
  variable(key: string): string | undefined;
}

/**
 * @param withheld keys that this layer of policies is not shown
 * @throws PolicyRequestError for a key that is not known, given twice, or single-valued with several values
 */
export function readContext(context: RequestContext, withheld: readonly string[] = []): Context {
  const values = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(context)) {
    const key = findConditionKey(name);
    if (key === undefined) throw new PolicyRequestError(`the context key "${name}" is not known`);
    const list = typeof value === 'string' ? [value] : value;
    if (!key.multiValued && list.length > 1)
      throw new PolicyRequestError(
        `the context key "${name}" is single-valued, but ${list.length} values were given`,
      );
    const lower = name.toLowerCase();
    if (values.has(lower)) throw new PolicyRequestError(`the context key "${name}" is given twice`);
    if (list.length > 0) values.set(lower, list);
  }
  for (const name of withheld) values.delete(name.toLowerCase());
  return {
    values: (key) => values.get(key.toLowerCase()),
    variable: (key) => values.get(key.toLowerCase())?.[0],
  };
}
