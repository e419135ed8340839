import { describe, expect, it } from 'vitest';
import { compilePolicy } from '../../evaluate/compile.ts';
import { evaluate } from '../../evaluate/evaluate.ts';
import { OPERATOR_COMMANDS, OPERATOR_GRANTS } from './grants.ts';
import { operatorPolicy } from './operator-policy.ts';

const scope = { partition: 'aws', region: 'us-east-1', accountId: '111122223333' };
const table = 'arn:aws:dynamodb:us-east-1:111122223333:table/stepcast-journal';

describe('rights on items of some keys only', () => {
  const keyed = OPERATOR_COMMANDS.flatMap((command) =>
    OPERATOR_GRANTS[command].flatMap(({ actions, leadingKeys }) =>
      leadingKeys === undefined
        ? []
        : actions.map((action) => [command, action, leadingKeys[0] ?? ''] as const),
    ),
  );

  it.each(keyed)('"%s" has %s on items %s, and on nothing that names no key', (command, action, pattern) => {
    const policy = compilePolicy(operatorPolicy(scope, [command]));
    const may = (context: Record<string, readonly string[]>) =>
      evaluate({ identity: [policy] }, { action, resource: table, context }).allowed;
    const key = pattern.replace('*', 'one');
    expect(may({ 'dynamodb:LeadingKeys': [key] })).toBe(true);
    expect(may({ 'dynamodb:LeadingKeys': ['stream#us-east-1:x'] })).toBe(false);
    expect(may({ 'dynamodb:LeadingKeys': [key, 'stream#us-east-1:x'] })).toBe(false);
    // "For all values" holds where there is no value.
    expect(may({})).toBe(false);
    expect(may({ 'dynamodb:LeadingKeys': [] })).toBe(false);
  });
});
