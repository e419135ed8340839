/** Above every generated document. */
export const GENERATED =
  '<!-- Written by `npm run docs:reference` from the sources. Change those, and run it again. -->';

/** A table; cells may hold any text of one line. Prettier gives it its final form. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export const code = (text: string) => `\`${text}\``;
