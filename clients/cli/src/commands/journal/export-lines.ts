import {
  describeIssues,
  OverviewEntry,
  parseJson,
  parseValue,
  ProgressEvent,
  UploadState,
  type ParseIssue,
} from '@stepcast/contracts';
import {
  CallerBody,
  CORRELATION_KEYS,
  EpochBody,
  JOURNAL_KEYS,
  LINE_PREFIX,
  OwnerBody,
  ParkedBody,
  ArnBody,
  readEntry,
  TouchBody,
  type JournalAttributes,
} from '@stepcast/wire';
import * as z from 'zod/mini';
import type { $ZodType } from 'zod/v4/core';

/** Schema of an export, on its first line. */
export const EXPORT_SCHEMA = 'stepcast.journal/v1';

const Value = z.union([
  z.strictObject({ S: z.string() }),
  z.strictObject({ N: z.string() }),
  z.strictObject({ BOOL: z.boolean() }),
]);

const Head = z.object({
  kind: z.literal('head'),
  schema: z.literal(EXPORT_SCHEMA),
  of: z.string(),
  exportedAt: z.string(),
});
const Item = z.object({
  kind: z.literal('item'),
  pk: z.string(),
  sk: z.string(),
  /** Epoch seconds. */
  expiresAt: z.nullable(z.number()),
  attributes: z.record(z.string(), Value),
});
const End = z.object({ kind: z.literal('end'), items: z.number() });

/** One line of an export: its head, an item of the journal table, or its end. */
export const ExportLine = z.discriminatedUnion('kind', [Head, Item, End]);
export type ExportLine = z.infer<typeof ExportLine>;
export type ExportedItem = z.infer<typeof Item>;

const Events = z.array(ProgressEvent);

/**
 * Reads one line of an export and checks the item against the schema of what its key says it is.
 * @returns the line, or what is wrong and where
 */
export function readExportLine(
  text: string,
): { readonly ok: true; readonly line: ExportLine } | { readonly ok: false; readonly problem: string } {
  const parsed = parseJson(ExportLine, text);
  if (!parsed.ok) return { ok: false, problem: describeIssues(parsed.issues) };
  const line = parsed.value;
  const problem = line.kind === 'item' ? problemOf(line) : undefined;
  return problem === undefined ? { ok: true, line } : { ok: false, problem };
}

function problemOf(item: ExportedItem): string | undefined {
  const [area = ''] = item.pk.split('#', 1);
  switch (area) {
    case 'stream':
      return problemOfEntry(item);
    case 'upload':
      return problemOfText(item, JOURNAL_KEYS.body, EpochBody);
    case 'identity':
      return item.sk.startsWith(LINE_PREFIX)
        ? problemOfText(item, JOURNAL_KEYS.line, OverviewEntry)
        : `${item.pk} ${item.sk} is no line of an overview`;
    case 'upload-root':
      return problemOfText(
        item,
        JOURNAL_KEYS.body,
        item.sk.startsWith(CORRELATION_KEYS.callerPrefix) ? CallerBody : TouchBody,
      );
    case 'execution':
      return problemOfText(item, JOURNAL_KEYS.body, schemaOfExecutionItem(item.sk));
    default:
      return `${item.pk} is no partition that an export holds`;
  }
}

function schemaOfExecutionItem(sk: string): $ZodType {
  if (sk === CORRELATION_KEYS.owner) return OwnerBody;
  return sk.startsWith(CORRELATION_KEYS.parkedPrefix) ? ParkedBody : ArnBody;
}

function problemOfText(item: ExportedItem, name: string, schema: $ZodType): string | undefined {
  const value = item.attributes[name];
  if (value === undefined || !('S' in value)) return `${item.pk} ${item.sk} has no ${name}`;
  const parsed = parseJson(schema, value.S);
  return parsed.ok ? undefined : `${item.pk} ${item.sk}: ${describeIssues(parsed.issues)}`;
}

/** An entry reads, its events are those that its offsets say, and its snapshot is a state. */
function problemOfEntry(item: ExportedItem): string | undefined {
  const wrong = (issues: readonly ParseIssue[]) => `${item.pk} ${item.sk}: ${describeIssues(issues)}`;
  const entry = readEntry({ ...item.attributes, [JOURNAL_KEYS.sort]: { S: item.sk } });
  if (!entry.ok) return wrong(entry.issues);
  const { events, firstOffset, lastOffset, snapshot } = entry.value;
  const parsed = parseJson(Events, events);
  if (!parsed.ok) return wrong(parsed.issues);
  const offsets = parsed.value.map(({ offset }) => offset);
  if (
    offsets.length !== lastOffset - firstOffset + 1 ||
    offsets.some((offset, at) => offset !== firstOffset + at)
  )
    return `${item.pk} ${item.sk}: its events are not those of the offsets ${firstOffset} to ${lastOffset}`;
  if (snapshot === undefined) return undefined;
  const state = parseJson(UploadState, snapshot.state);
  return state.ok ? undefined : wrong(state.issues);
}

export function lineText(line: ExportLine): string {
  const checked = parseValue(ExportLine, line);
  if (!checked.ok) throw new TypeError(describeIssues(checked.issues));
  return `${JSON.stringify(line)}\n`;
}

/** The attributes of an item without its keys and its time to live, which stand beside them. */
export function withoutKeys(attributes: JournalAttributes): JournalAttributes {
  const { partition, sort, expiresAt } = JOURNAL_KEYS;
  return Object.fromEntries(
    Object.entries(attributes).filter(([name]) => name !== partition && name !== sort && name !== expiresAt),
  );
}
