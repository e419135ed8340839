/** A column of text; empty when it is none. */
export function text(row: Readonly<Record<string, unknown>> | undefined, name: string): string {
  const value = row?.[name];
  return typeof value === 'string' ? value : '';
}
