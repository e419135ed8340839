import type { JournalAttribute } from '@stepcast/wire';

/** An attribute of an item in the journal's table. */
export type Attribute = JournalAttribute | { readonly NULL: true };

const WRITE_UNIT_BYTES = 1024;
const READ_UNIT_BYTES = 4096;

/** Developer guide, "DynamoDB item sizes and formats": up to two significant digits a byte, one byte more, and one for a minus sign. */
function numberBytes(text: string): number {
  const digits = text.replace(/^-/, '').replace('.', '').replace(/^0+/, '').replace(/0+$/, '');
  return Math.ceil(digits.length / 2) + 1 + (text.startsWith('-') ? 1 : 0);
}

function valueBytes(value: Attribute): number {
  if ('S' in value) return Buffer.byteLength(value.S);
  if ('N' in value) return numberBytes(value.N);
  return 1;
}

/** What DynamoDB counts of an item, keys included: names and values as UTF-8. @returns bytes */
export function itemBytes(item: Readonly<Record<string, Attribute>>): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) bytes += Buffer.byteLength(name) + valueBytes(value);
  return bytes;
}

/** Write request units of one item: one for each kilobyte begun. */
export function writeUnitsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES));
}

/** Read request units of one consistent read: one for each 4 KB begun of what it read, one when it found nothing. */
export function readUnitsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES));
}
