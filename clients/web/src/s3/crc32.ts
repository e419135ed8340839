/** Table of the reflected CRC-32, polynomial 0x04C11DB7, as S3, zip and Ethernet have it. */
const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** Goes on with a CRC-32 over more bytes. @param before the CRC-32 of what came before; 0 at the beginning */
export function crc32(bytes: Uint8Array, before = 0): number {
  let value = ~before;
  for (const byte of bytes) value = (table[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return ~value >>> 0;
}

/** As S3 writes it: base64 of four bytes, the highest first. */
export function crc32Text(value: number): string {
  return btoa(String.fromCharCode(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff));
}

/** Bytes of a file that are in memory at a time for its checksum. */
const SLICE_BYTES = 4 * 1024 * 1024;

/** The CRC-32 of a whole file, read slice by slice. @param check called between slices; what it throws ends the reading */
export async function crc32OfFile(file: Blob, check: () => void): Promise<string> {
  let value = 0;
  for (let at = 0; at < file.size; at += SLICE_BYTES) {
    check();
    value = crc32(new Uint8Array(await file.slice(at, at + SLICE_BYTES).arrayBuffer()), value);
  }
  return crc32Text(value);
}
