import { describeIssues, parseJson } from '@stepcast/contracts';
import { JOURNAL_KEYS } from '@stepcast/wire';
import type * as z from 'zod/v4/core';
import { DataInvalidError } from '../errors.ts';
import type { TableItem } from '../ports.ts';

/** A text attribute of an item. @throws DataInvalidError */
export function textOf({ attributes, pk, sk }: TableItem, name: string): string {
  const value = attributes[name];
  if (value !== undefined && 'S' in value) return value.S;
  throw new DataInvalidError(`item ${pk} ${sk} of the journal table has no ${name}`);
}

/** The body of one of the correlator's own items. @throws DataInvalidError saying which item, and where in it */
export function bodyOf<S extends z.$ZodType>(schema: S, item: TableItem): z.output<S> {
  const parsed = parseJson(schema, textOf(item, JOURNAL_KEYS.body));
  if (parsed.ok) return parsed.value;
  throw new DataInvalidError(`item ${item.pk} ${item.sk} does not read: ${describeIssues(parsed.issues)}`, [
    'Was it written by another version? "stepcast" has to be of the version that runs.',
  ]);
}
