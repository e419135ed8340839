import type { ExecutionArn, IdentityId, UploadId } from '@stepcast/contracts';
import { hexDigest } from '@stepcast/kit';
import { correlationKeys, JOURNAL_KEYS, journalKeys, LINE_PREFIX } from '@stepcast/wire';
import { entryOf, epochsOf, eventsOf, type OperatorTable, type TableItem } from '@stepcast/operations';
import { EXPORT_SCHEMA, lineText, withoutKeys } from './export-lines.ts';

export interface UploadRef {
  readonly identityId: IdentityId;
  readonly uploadId: UploadId;
}

/** Everything that the journal table has of uploads, a line at a time: what touched it, its versions, entries, lines, executions. */
export async function* exportJournal(
  table: OperatorTable,
  of: string,
  uploads: readonly UploadRef[],
  nowMs: number,
): AsyncGenerator<string> {
  yield lineText({
    kind: 'head',
    schema: EXPORT_SCHEMA,
    of,
    exportedAt: new Date(nowMs).toISOString(),
  });
  let items = 0;
  for (const upload of uploads)
    for await (const item of itemsOf(table, upload)) {
      items += 1;
      yield lineText({
        kind: 'item',
        pk: item.pk,
        sk: item.sk,
        expiresAt: expiryOf(item),
        attributes: withoutKeys(item.attributes),
      });
    }
  yield lineText({ kind: 'end', items });
}

async function* itemsOf(
  table: OperatorTable,
  { identityId, uploadId }: UploadRef,
): AsyncGenerator<TableItem> {
  yield* table.query(journalKeys.root(uploadId).pk);
  yield* table.query(journalKeys.upload(identityId, uploadId));
  const executions = new Set<ExecutionArn>();
  for (const { epoch } of await epochsOf(table, identityId, uploadId))
    for await (const item of table.query(journalKeys.stream(identityId, uploadId, epoch))) {
      for (const { executionArn } of eventsOf(entryOf(item)))
        if (executionArn !== undefined) executions.add(executionArn);
      yield item;
    }
  yield* table.query(journalKeys.identity(identityId), { prefix: `${LINE_PREFIX}${uploadId}#` });
  for (const executionArn of executions)
    yield* table.query(correlationKeys.execution(hexDigest(executionArn)));
}

function expiryOf({ attributes }: TableItem): number | null {
  const value = attributes[JOURNAL_KEYS.expiresAt];
  return value !== undefined && 'N' in value ? Number(value.N) : null;
}
