import type { PolicyDocument, PolicyStatement } from '../../document.ts';
import {
  BY_HAND,
  GRAVE_COMMANDS,
  OPERATOR_COMMANDS,
  OPERATOR_GRANTS,
  type Grant,
  type OperatorCommand,
} from './grants.ts';
import { operatorResources, type OperatorScope } from './resources.ts';

/**
 * The least rights of an operator.
 * @param commands what the operator runs; default: every command but `destroy`, and what the runbook has people do by hand
 */
export function operatorPolicy(scope: OperatorScope, commands?: readonly OperatorCommand[]): PolicyDocument {
  const grants =
    commands === undefined
      ? [
          ...OPERATOR_COMMANDS.filter((command) => !GRAVE_COMMANDS.has(command)).flatMap(
            (command) => OPERATOR_GRANTS[command],
          ),
          ...BY_HAND,
        ]
      : commands.flatMap((command) => OPERATOR_GRANTS[command]);
  const resources = operatorResources(scope);
  return {
    Version: '2012-10-17',
    Statement: merged(grants).map(({ resource, actions, leadingKeys }): PolicyStatement => ({
      Sid: sidOf(resource, leadingKeys),
      Effect: 'Allow',
      Action: actions,
      Resource: resources[resource],
      ...(leadingKeys === undefined ? {} : { Condition: onlyKeys(leadingKeys) }),
    })),
  };
}

/** Items of these partition keys, and nothing that names none: "for all values" holds where there is no value. */
function onlyKeys(patterns: readonly string[]): NonNullable<PolicyStatement['Condition']> {
  return {
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': patterns },
    Null: { 'dynamodb:LeadingKeys': 'false' },
  };
}

/** One grant for each resource and condition; an action that holds without a condition is not said again with one. */
function merged(grants: readonly Grant[]): readonly Grant[] {
  const byPlace = new Map<string, { readonly grant: Grant; readonly actions: Set<string> }>();
  for (const grant of grants) {
    const place = sidOf(grant.resource, grant.leadingKeys);
    const known = byPlace.get(place) ?? { grant, actions: new Set<string>() };
    for (const action of grant.actions) known.actions.add(action);
    byPlace.set(place, known);
  }
  return [...byPlace.values()].flatMap(({ grant, actions }) => {
    const free =
      grant.leadingKeys === undefined ? undefined : byPlace.get(sidOf(grant.resource, undefined))?.actions;
    const left = [...actions].filter((action) => free?.has(action) !== true).sort();
    return left.length === 0 ? [] : [{ ...grant, actions: left }];
  });
}

function sidOf(resource: string, leadingKeys: readonly string[] | undefined): string {
  const words = [resource, ...(leadingKeys ?? []).map((pattern) => pattern.replace(/[^a-z]/g, ''))];
  return words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join('');
}
