import { IdentityId } from '@stepcast/contracts';
import { JOURNAL_KEYS, journalKeys, type JournalAttributes } from '@stepcast/wire';
import { DataInvalidError, OperatorError, type OperatorTable, UnfinishedError } from '@stepcast/operations';
import { readExportLine, withoutKeys, type ExportedItem } from './export-lines.ts';

export interface Imported {
  readonly lines: number;
  readonly written: number;
  /** Were there already, the same. */
  readonly same: number;
  /** Were left out: something else is at their key, or at that of an entry before them in their stream. */
  readonly leftOut: number;
  /** Where something else is: the first items of that kind, at most {@link MAX_DIFFERENCES}. */
  readonly differences: readonly Difference[];
}

/** An item that is in the table with something else. */
export interface Difference {
  readonly line: number;
  readonly pk: string;
  readonly sk: string;
}

const MAX_DIFFERENCES = 20;

/** Of a partition key; what follows is the identity, the upload and the epoch. */
const STREAM_AREA = 'stream';

/** A line of an export, checked. */
export interface CheckedItem {
  /** Counted from 1. */
  readonly line: number;
  readonly item: ExportedItem;
}

/** A line may hold an item of DynamoDB, 400 KB, whose JSON text is escaped again. */
const MAX_LINE_CHARACTERS = 4 * 1024 * 1024;

/** The lines of a text that comes in pieces; the last one also without its end. */
async function* linesOf(
  pieces: AsyncIterable<string>,
): AsyncGenerator<{ readonly text: string; readonly isWhole: boolean }> {
  let rest = '';
  for await (const piece of pieces) {
    const parts = (rest + piece).split('\n');
    rest = parts.pop() ?? '';
    for (const text of parts) yield { text, isWhole: true };
    if (rest.length > MAX_LINE_CHARACTERS)
      throw new DataInvalidError('a line has more than 4 MiB: this is no export of a journal');
  }
  if (rest !== '') yield { text: rest, isWhole: false };
}

/**
 * Checks an export line by line and gives its items. A file that was cut off, or that is none, is refused at the line.
 * @param cameTo says what was done before the line, and how to go on
 * @throws DataInvalidError
 */
export async function* checkedItems(
  pieces: AsyncIterable<string>,
  cameTo: () => readonly string[],
): AsyncGenerator<CheckedItem> {
  let line = 0;
  let items = 0;
  let ended = false;
  const refuse = (problem: string) => new DataInvalidError(`line ${line}: ${problem}`, cameTo());
  for await (const { text, isWhole } of linesOf(pieces)) {
    line += 1;
    if (ended) throw refuse('something stands behind the end of the export');
    const read = readExportLine(text);
    if (!read.ok)
      throw refuse(
        isWhole
          ? `it is no line of an export: ${read.problem}`
          : 'the file is cut off in the middle of this line; export it again',
      );
    if (line === 1 && read.line.kind !== 'head') throw refuse('an export begins with its head');
    switch (read.line.kind) {
      case 'head':
        if (line > 1) throw refuse('another export begins here; import one file after the other');
        break;
      case 'item':
        items += 1;
        yield { line, item: read.line };
        break;
      case 'end':
        if (read.line.items !== items)
          throw refuse(`the export has ${read.line.items} items, and ${items} came before its end`);
        ended = true;
    }
  }
  if (line === 0) throw new DataInvalidError('the file is empty', cameTo());
  if (!ended)
    throw new DataInvalidError(`after line ${line}: the export has no end, so the file is cut off`, cameTo());
}

export interface ImportOptions {
  readonly nowMs: number;
  /** Items that would expire earlier live so long. */
  readonly retentionMs: number;
}

/**
 * Writes items that are not there yet. An item that is there is compared and never changed, so that importing again is
 * harmless. Where a stream has another entry, because it was built anew, the rest of that stream is left out: entries of two
 * makings do not fit together. Everything else is imported.
 * @throws DataInvalidError for a line that is none; UnfinishedError when the table failed on the way
 */
export async function importItems(
  table: OperatorTable,
  items: AsyncIterable<CheckedItem>,
  { nowMs, retentionMs }: ImportOptions,
): Promise<Imported> {
  const seconds = Math.floor((nowMs + retentionMs) / 1_000);
  const enrolled = new Set<string>();
  const differences: Difference[] = [];
  const otherStreams = new Set<string>();
  const done = { lines: 1, written: 0, same: 0, leftOut: 0, differences };
  const put = async (pk: string, sk: string, attributes: JournalAttributes, expiresAt: number | null) =>
    table.insert({
      [JOURNAL_KEYS.partition]: { S: pk },
      [JOURNAL_KEYS.sort]: { S: sk },
      ...attributes,
      [JOURNAL_KEYS.expiresAt]: { N: String(Math.max(expiresAt ?? 0, seconds)) },
    });
  for await (const { line, item } of items) {
    if (otherStreams.has(item.pk)) {
      done.leftOut += 1;
      done.lines = line;
      continue;
    }
    try {
      const [area, identity = ''] = item.pk.split('#');
      if (area === 'identity' && !enrolled.has(identity)) {
        enrolled.add(identity);
        for (const key of enrolmentsOf(identity, nowMs, retentionMs)) await put(key.pk, key.sk, {}, null);
      }
      if ((await put(item.pk, item.sk, item.attributes, item.expiresAt)) === 'written') done.written += 1;
      else if (await isSame(table, item)) done.same += 1;
      else {
        done.leftOut += 1;
        if (area === STREAM_AREA) otherStreams.add(item.pk);
        if (differences.length < MAX_DIFFERENCES) differences.push({ line, pk: item.pk, sk: item.sk });
      }
    } catch (thrown) {
      if (!(thrown instanceof OperatorError)) throw thrown;
      // Nothing is imported yet: the command has not begun, and did not stop on the way.
      if (done.written + done.same + done.leftOut === 0) throw thrown;
      throw new UnfinishedError(`line ${line}: ${thrown.message}`, [...thrown.more, ...howFar(done, line)], {
        cause: thrown,
      });
    }
    done.lines = line;
  }
  return done;
}

function howFar({ written, same }: Pick<Imported, 'written' | 'same'>, line: number): readonly string[] {
  return [
    `Lines 1 to ${line - 1} are imported (${written} items written, ${same} were there already).`,
    'Run the same command again to go on: what is there already is left as it is.',
  ];
}

async function isSame(table: OperatorTable, item: ExportedItem): Promise<boolean> {
  const stored = await table.get(item.pk, item.sk);
  if (stored === undefined) return false;
  const text = (attributes: JournalAttributes) =>
    JSON.stringify(Object.entries(attributes).toSorted(([one], [other]) => (one < other ? -1 : 1)));
  return text(withoutKeys(stored.attributes)) === text(item.attributes);
}

/** What says that an identity has lines, for this period and the next; the correlator reads it before it writes. */
function enrolmentsOf(identity: string, nowMs: number, retentionMs: number) {
  const parsed = IdentityId.safeParse(identity);
  if (!parsed.success) return [];
  const period = Math.floor(nowMs / (4 * retentionMs));
  return [period, period + 1].map((one) => journalKeys.identityRoot(parsed.data, one));
}
