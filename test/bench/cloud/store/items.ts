/** An attribute value of the kinds that the journal table holds. */
export type Value =
  { readonly S: string } | { readonly N: string } | { readonly BOOL: boolean } | { readonly NULL: true };
export type Item = Readonly<Record<string, Value>>;

/** Text of a key attribute; '' where there is none. */
export function textOf(item: Item | undefined, name: string): string {
  const value = item?.[name];
  return value !== undefined && 'S' in value ? value.S : '';
}

function bytesOfValue(value: Value): number {
  if ('S' in value) return Buffer.byteLength(value.S);
  // Developer guide, "DynamoDB item sizes and formats": a byte for two significant digits, and one more.
  if ('N' in value) return Math.ceil(value.N.replace(/\D/g, '').length / 2) + 1;
  return 1;
}

/** The size of an item as DynamoDB counts it: UTF-8 bytes of names and values. */
export function bytesOfItem(item: Item): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) bytes += Buffer.byteLength(name) + bytesOfValue(value);
  return bytes;
}

/** Write units of an item: one for each KB, rounded up. */
export function writeUnitsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 1_024));
}

/** Read units of a strongly consistent read: one for each 4 KB, rounded up. */
export function readUnitsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 4_096));
}
