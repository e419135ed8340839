import { shortened } from '@stepcast/operations';

/** A pair of a name and what it says; `undefined` is left out. */
export type Row = readonly [string, string | undefined];

/** Names and values in two columns. */
export function pairs(rows: readonly Row[], indent = ''): readonly string[] {
  const shown = rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${indent}${name.padEnd(width)}  ${value}`);
}

/** Rows in columns, under their names; nothing when there is no row. */
export function columns(
  names: readonly string[],
  rows: readonly (readonly string[])[],
  indent = '',
): readonly string[] {
  if (rows.length === 0) return [];
  const all = [names, ...rows];
  const widths = names.map((_name, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all.map((row) =>
    `${indent}${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}

/** The first line of a text in at most so many characters; "…" at its end says that there is more. */
export function headOf(text: string, characters: number): string {
  const whole = text.trimEnd();
  const [line = ''] = whole.split('\n', 1);
  return shortened(line === whole ? line : `${line}…`, characters);
}

export { count } from '@stepcast/operations';

/** A duration in the two largest units that say something: "2 h 5 min", "40 s". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Characters that move the cursor, colour, hide or reverse text. Names of objects may hold any of them. */
const unprintable = /[\p{Cc}\u200E\u200F\u2028-\u202E\u2066-\u2069]/gu;

/** Text that a terminal shows as it is: whatever a name holds, it only ever takes up room. Ends of lines stay. */
export function printable(text: string): string {
  return text.split('\n').map(printableLine).join('\n');
}

/** The same for a text that is one line: a name with an end of line in it cannot make a line of its own. */
export function printableLine(text: string): string {
  return text.replace(unprintable, (character) => {
    if (character === '\n') return '\\n';
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
