/** A Markdown table as Prettier would write it. Columns after the first `left` ones are right-aligned. */
export function table(rows: readonly (readonly string[])[], left: number): string {
  const [head = []] = rows;
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => (row[column] ?? '').length)));
  const padded = (text: string, column: number) => {
    const blank = ' '.repeat((widths[column] ?? 3) - text.length);
    return column < left ? text + blank : blank + text;
  };
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column < left ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  const [first = '', ...rest] = rows.map((row) => line(row.map(padded)));
  return [first, line(rule), ...rest].join('\n');
}

export const money = (dollars: number) => dollars.toFixed(2);
