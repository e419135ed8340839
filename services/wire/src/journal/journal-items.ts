import {
  ExecutionArn,
  executionArnParts,
  type Epoch,
  type IdentityId,
  type OverviewEntry,
  type ParseResult,
  type UploadId,
} from '@stepcast/contracts';

/**
 * Layout of the journal table, the part that both its writer (correlator) and its reader (publisher) need.
 * One table, string keys `pk` and `sk`, TTL attribute `expiresAt` in epoch seconds.
 *
 * | item | pk | sk | attributes |
 * |---|---|---|---|
 * | entry: consecutive events of a stream, written once | `stream#{identityId}#{uploadId}#{epoch}` | first offset, 12 digits | see {@link StoredEntry} |
 * | epoch of an upload | `upload#{identityId}#{uploadId}` | `{epochStartedAt}#{epoch}` | |
 * | line of an overview | `identity#{identityId}` | `upload#{uploadId}#{epochStartedAt}#{epoch}#{offset, 12 digits}` | `line`: an OverviewEntry as JSON |
 * | root of an upload | `upload-root#{uploadId}` | `root` | the correlator's own |
 * | identity that has lines | `identity-root#{identityId}` | number of a period | the correlator's own |
 *
 * Everything is inserted and nothing updated: of several lines of one upload the last by its sort key counts. The rest of
 * the correlator's own items (`execution#…`) is in its adapter and nobody else's business.
 */
export const JOURNAL_KEYS = {
  partition: 'pk',
  sort: 'sk',
  expiresAt: 'expiresAt',
  /** Attribute of a line. */
  line: 'line',
  /** Attribute of the correlator's own items. */
  body: 'body',
} as const;

/** What begins the sort key of every line of an overview. */
export const LINE_PREFIX = 'upload#';

function offsetText(offset: number): string {
  return String(offset).padStart(12, '0');
}

export const journalKeys = {
  /** Partition of a stream. */
  stream: (identityId: IdentityId, uploadId: UploadId, epoch: Epoch) =>
    `stream#${identityId}#${uploadId}#${epoch}`,
  entry: (identityId: IdentityId, uploadId: UploadId, epoch: Epoch, firstOffset: number) => ({
    pk: journalKeys.stream(identityId, uploadId, epoch),
    sk: offsetText(firstOffset),
  }),
  /** Partition of the epochs of an upload. */
  upload: (identityId: IdentityId, uploadId: UploadId) => `upload#${identityId}#${uploadId}`,
  epoch: (identityId: IdentityId, uploadId: UploadId, epoch: Epoch, epochStartedAt: string) => ({
    pk: journalKeys.upload(identityId, uploadId),
    sk: `${epochStartedAt}#${epoch}`,
  }),
  /** Partition of the lines of an identity. */
  identity: (identityId: IdentityId) => `identity#${identityId}`,
  line: (
    identityId: IdentityId,
    { uploadId, epochStartedAt, position }: Pick<OverviewEntry, 'uploadId' | 'epochStartedAt' | 'position'>,
  ) => ({
    pk: journalKeys.identity(identityId),
    sk: `${LINE_PREFIX}${uploadId}#${epochStartedAt}#${position.epoch}#${offsetText(position.offset)}`,
  }),
  root: (uploadId: UploadId) => ({ pk: `upload-root#${uploadId}`, sk: 'root' }),
  identityRoot: (identityId: IdentityId, period: number) => ({
    pk: `identity-root#${identityId}`,
    sk: String(period),
  }),
};

/** An entry as it stands in the journal. Its events are `firstOffset` to `lastOffset` without a hole. */
export interface StoredEntry {
  /** The sort key. */
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** CloudEvents `source` of the events. Stored only where they do not say it. */
  readonly source: string;
  /** JSON array text. */
  readonly events: string;
  /** Whether details were left out of an event. */
  readonly truncated: boolean;
  /** State (JSON text of an UploadState) and the correlator's own bookkeeping after this entry, where it has them. */
  readonly snapshot: { readonly state: string; readonly checkpoint: string } | undefined;
  /** Without a snapshot: the correlator's own bookkeeping of the one execution that this entry advanced. */
  readonly cursor: string | undefined;
}

/** A value of DynamoDB, the kinds that the journal's items hold. */
export type JournalAttribute = { readonly S: string } | { readonly N: string } | { readonly BOOL: boolean };
export type JournalAttributes = Readonly<Record<string, JournalAttribute>>;

const EXECUTION = '"executionArn":"';

/**
 * The `source` that rendered events say themselves: the state machine of the first execution that they name, `stepcast` where they
 * name none. That of a nested execution is another: the machine of its parent.
 */
function sourceSaidBy(events: string): string {
  // A text that holds these characters has its quotes escaped.
  const at = events.indexOf(EXECUTION);
  if (at < 0) return 'stepcast';
  const from = at + EXECUTION.length;
  const arn = ExecutionArn.safeParse(events.slice(from, events.indexOf('"', from))).data;
  return arn === undefined ? 'stepcast' : executionArnParts(arn).stateMachineArn;
}

/** The attributes of an entry, beside its keys and `expiresAt`. */
export function entryAttributes(entry: StoredEntry): JournalAttributes {
  return {
    lastOffset: { N: String(entry.lastOffset) },
    events: { S: entry.events },
    ...(entry.source === sourceSaidBy(entry.events) ? {} : { source: { S: entry.source } }),
    ...(entry.truncated ? { truncated: { BOOL: true } } : {}),
    ...(entry.snapshot === undefined
      ? {}
      : { state: { S: entry.snapshot.state }, checkpoint: { S: entry.snapshot.checkpoint } }),
    ...(entry.cursor === undefined ? {} : { cursor: { S: entry.cursor } }),
  };
}

function textOf(item: JournalAttributes, name: string): string | undefined {
  const value = item[name];
  return value !== undefined && 'S' in value ? value.S : undefined;
}

function numberOf(item: JournalAttributes, name: string): number | undefined {
  const value = item[name];
  const number = value !== undefined && 'N' in value ? Number(value.N) : undefined;
  return Number.isSafeInteger(number) ? number : undefined;
}

/** Reads an item of a stream's partition, keys included. The texts are not parsed. */
export function readEntry(item: JournalAttributes): ParseResult<StoredEntry> {
  const firstOffset = Number(textOf(item, JOURNAL_KEYS.sort) ?? 'none');
  const lastOffset = numberOf(item, 'lastOffset');
  const events = textOf(item, 'events');
  if (!Number.isSafeInteger(firstOffset) || firstOffset < 1) return missing(JOURNAL_KEYS.sort);
  if (lastOffset === undefined || lastOffset < firstOffset) return missing('lastOffset');
  if (events === undefined || !events.startsWith('[{')) return missing('events');
  const source = item.source === undefined ? sourceSaidBy(events) : textOf(item, 'source');
  if (source === undefined) return missing('source');
  const state = textOf(item, 'state');
  const checkpoint = textOf(item, 'checkpoint');
  if ((state === undefined) !== (checkpoint === undefined)) return missing('checkpoint');
  return {
    ok: true,
    value: {
      firstOffset,
      lastOffset,
      source,
      events,
      truncated: item.truncated !== undefined && 'BOOL' in item.truncated && item.truncated.BOOL,
      snapshot: state === undefined || checkpoint === undefined ? undefined : { state, checkpoint },
      cursor: textOf(item, 'cursor'),
    },
  };
}

function missing(name: string): ParseResult<never> {
  return { ok: false, issues: [{ path: `$.${name}`, problem: 'missing or not of its form' }] };
}
