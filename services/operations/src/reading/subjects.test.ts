import { describe, expect, it } from 'vitest';
import { hexDigest } from '@stepcast/kit';
import { CORRELATION_KEYS, correlationKeys, JOURNAL_KEYS } from '@stepcast/wire';
import { AmbiguousSubjectError, UnknownSubjectError } from '../errors.ts';
import { fakeOperator } from '../testing/fake-operator.ts';
import { findSubject } from './subjects.ts';

const arnOf = (name: string) => `arn:aws:states:us-east-1:111122223333:execution:Foreign:${name}`;

/** A table that knows of executions only who owns them, as of those that are given up or quarantined before their first event. */
async function decided(...executions: readonly (readonly [name: string, kind: string])[]) {
  const { table } = fakeOperator();
  for (const [name, kind] of executions) {
    const executionArn = arnOf(name);
    await table.insert({
      [JOURNAL_KEYS.partition]: { S: correlationKeys.execution(hexDigest(executionArn)) },
      [JOURNAL_KEYS.sort]: { S: CORRELATION_KEYS.owner },
      [JOURNAL_KEYS.body]: { S: JSON.stringify({ kind, reason: 'a test', executionArn }) },
    });
  }
  return table;
}

describe('the beginning of the name of an execution', () => {
  it.each(['unowned', 'quarantined'])(
    'finds one that is %s and never had an event: only its whole ARN did',
    async (kind) => {
      const table = await decided(['waits-a', kind], ['other', kind]);
      const found = { kind: 'execution', executionArn: arnOf('waits-a') };
      expect(await findSubject(table, 'waits')).toEqual(found);
    },
  );

  it('is ambiguous where several begin so, and unknown where none does', async () => {
    const table = await decided(['waits-a', 'unowned'], ['waits-b', 'quarantined']);
    await expect(findSubject(table, 'waits')).rejects.toThrow(AmbiguousSubjectError);
    // It stands in the middle of the ARNs.
    await expect(findSubject(table, 'Foreign')).rejects.toThrow(UnknownSubjectError);
  });
});
