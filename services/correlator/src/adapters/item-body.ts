import { describeIssues, parseJson } from '@stepcast/contracts';
import { JOURNAL_KEYS, type JournalAttributes } from '@stepcast/wire';
import type * as z from 'zod';
import type { $ZodType } from 'zod/v4/core';
import { textOf, type StoredItem } from './dynamo-table.ts';
import { StoredItemError } from './store-error.ts';

/** The attributes of one of the correlator's own items: its value as JSON text. */
export function bodyOf(value: unknown): JournalAttributes {
  return { [JOURNAL_KEYS.body]: { S: JSON.stringify(value) } };
}

/** Reads the body of an item. @throws StoredItemError saying which item, and where in it */
export function readBody<S extends $ZodType>(schema: S, item: StoredItem): z.output<S> {
  const parsed = parseJson(schema, textOf(item.attributes, JOURNAL_KEYS.body));
  if (parsed.ok) return parsed.value;
  throw new StoredItemError(`item ${item.pk} ${item.sk} does not read: ${describeIssues(parsed.issues)}`);
}
