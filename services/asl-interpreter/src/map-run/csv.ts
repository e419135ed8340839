const delimiters = { COMMA: ',', PIPE: '|', SEMICOLON: ';', SPACE: ' ', TAB: '\t' } as const;
export type CsvDelimiter = keyof typeof delimiters;

/** Why a text is no CSV. */
export class CsvProblem extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'CsvProblem';
  }
}

/**
 * The rows of a CSV text by RFC 4180: fields in quotes may hold delimiters, line ends and doubled quotes. Empty lines are
 * no rows. A backslash stands before a backslash, a quote or the delimiter that means itself; before anything else it is
 * left out. Source: AWS, "ItemReader", CSV files.
 * @throws CsvProblem for a quote that is never closed
 */
export function parseCsv(text: string, delimiter: CsvDelimiter = 'COMMA'): readonly (readonly string[])[] {
  const separator = delimiters[delimiter];
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;

  /** What stands between here and `at`, without its backslashes. Called where a backslash is. */
  function takeEscaped(): string {
    const next = source[at + 1];
    at += 1;
    if (next !== '\\' && next !== '"' && next !== separator) return '';
    at += 1;
    return next;
  }
  function readQuoted(): string {
    let value = '';
    for (;;) {
      const start = at;
      while (at < source.length && source[at] !== '"' && source[at] !== '\\') at += 1;
      value += source.slice(start, at);
      if (at === source.length) throw new CsvProblem(`the quote in row ${rows.length + 1} is not closed`);
      if (source[at] === '\\') {
        value += takeEscaped();
        continue;
      }
      at += 1;
      if (source[at] !== '"') return value;
      value += '"';
      at += 1;
    }
  }
  function readPlain(): string {
    let value = '';
    for (;;) {
      const start = at;
      while (at < source.length && !isSpecial(source[at])) at += 1;
      value += source.slice(start, at);
      if (source[at] !== '\\') return value;
      value += takeEscaped();
    }
  }
  function isSpecial(char: string | undefined): boolean {
    return char === separator || char === '\n' || char === '\r' || char === '\\';
  }
  function endRow(): void {
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }

  while (at < source.length) {
    if (source[at] === '"') {
      at += 1;
      // What follows the closing quote belongs to the field, as most readers have it.
      row.push(readQuoted() + readPlain());
    } else row.push(readPlain());
    if (source[at] === separator) {
      at += 1;
      if (at === source.length) row.push('');
      continue;
    }
    if (source[at] === '\r') at += 1;
    if (source[at] === '\n') at += 1;
    endRow();
  }
  if (row.length > 0) endRow();
  return rows;
}

/**
 * Rows as objects by the names of their columns: a field that is missing is an empty text, one without a column is left out.
 * @param headers the names; the first row where there are none
 * @throws CsvProblem
 */
export function recordsOf(
  rows: readonly (readonly string[])[],
  headers: readonly string[] | undefined,
): readonly Readonly<Record<string, string>>[] {
  const [first = [], ...others] = rows;
  const names = headers ?? first;
  if (new Set(names).size !== names.length) throw new CsvProblem('CSV headers cannot contain duplicates.');
  return (headers === undefined ? others : rows).map((row) =>
    Object.fromEntries(names.map((name, index) => [name, row[index] ?? ''])),
  );
}
