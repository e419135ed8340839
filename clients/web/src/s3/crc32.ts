/** Bytes that are read and summed in one go: what else the page does waits for so many, a few milliseconds. */
export const PIECE_BYTES = 1024 * 1024;

/**
 * Eight tables of the reflected CRC-32, polynomial 0x04C11DB7, as S3, zip and Ethernet have it, one behind the other: the n-th is that of a
 * byte with n more bytes after it, so that eight bytes are taken at a time.
 */
const tables = new Uint32Array(8 * 256);
const tableAt = (index: number): number => tables[index] ?? 0;
for (let byte = 0; byte < 256; byte += 1) {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  tables[byte] = value;
}
for (let index = 256; index < tables.length; index += 1) {
  const before = tableAt(index - 256);
  tables[index] = (before >>> 8) ^ tableAt(before & 0xff);
}

/** Goes on with a CRC-32 over more bytes. @param before the CRC-32 of what came before; 0 at the beginning */
export function crc32(bytes: Uint8Array, before = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let value = ~before;
  let at = 0;
  for (; at + 8 <= view.byteLength; at += 8) {
    const low = value ^ view.getUint32(at, true);
    const high = view.getUint32(at + 4, true);
    value =
      tableAt(1792 + (low & 0xff)) ^
      tableAt(1536 + ((low >>> 8) & 0xff)) ^
      tableAt(1280 + ((low >>> 16) & 0xff)) ^
      tableAt(1024 + (low >>> 24)) ^
      tableAt(768 + (high & 0xff)) ^
      tableAt(512 + ((high >>> 8) & 0xff)) ^
      tableAt(256 + ((high >>> 16) & 0xff)) ^
      tableAt(high >>> 24);
  }
  for (; at < view.byteLength; at += 1) value = tableAt((value ^ view.getUint8(at)) & 0xff) ^ (value >>> 8);
  return ~value >>> 0;
}

/** As S3 writes it: base64 of four bytes, the highest first. */
export function crc32Text(value: number): string {
  return btoa(String.fromCharCode(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff));
}

/** The CRC-32 of a whole file, read piece by piece. @param check called between pieces; what it throws ends the reading */
export async function crc32OfFile(file: Blob, check: () => void): Promise<string> {
  let value = 0;
  for (let at = 0; at < file.size; at += PIECE_BYTES) {
    check();
    value = crc32(new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer()), value);
  }
  return crc32Text(value);
}

/**
 * Bytes of a file, and their CRC-32, piece by piece: parts are of 8 MiB and more, and a page that sums one up in one go does not answer.
 * @param end behind the last byte
 */
export async function readSummed(
  file: Blob,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly crc32: string }> {
  const bytes = new Uint8Array(end - start);
  let value = 0;
  for (let at = start; at < end; at += PIECE_BYTES) {
    const piece = new Uint8Array(await file.slice(at, Math.min(at + PIECE_BYTES, end)).arrayBuffer());
    bytes.set(piece, at - start);
    value = crc32(piece, value);
  }
  return { bytes, crc32: crc32Text(value) };
}
