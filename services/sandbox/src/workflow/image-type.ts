/** What the first bytes of a file say it is. `supported`: this workflow can decode it. */
export interface ImageType {
  readonly format: string;
  readonly supported: boolean;
}

/** As many bytes as {@link imageTypeOf} wants to see. */
export const IMAGE_TYPE_BYTES = 512;

const ascii = (bytes: Uint8Array, from: number, to: number) =>
  String.fromCharCode(...bytes.subarray(from, to));

const startsWith = (bytes: Uint8Array, ...start: readonly number[]) =>
  start.every((byte, index) => bytes[index] === byte);

/** ISO base media files (AVIF, HEIC) name their brand after `ftyp`. */
function isoBrand(bytes: Uint8Array): ImageType | undefined {
  if (ascii(bytes, 4, 8) !== 'ftyp') return undefined;
  const brand = ascii(bytes, 8, 12);
  if (brand === 'avif' || brand === 'avis') return { format: 'avif', supported: true };
  const heic = ['heic', 'heix', 'hevc', 'heim', 'heis', 'mif1', 'msf1'].includes(brand);
  return heic ? { format: 'heic', supported: false } : undefined;
}

const space = /\s*/y;

/** What may stand before the `svg` element: how it begins, and how it ends. */
const preamble = [
  ['<?xml', '>'],
  ['<!--', '-->'],
  ['<!doctype svg', '>'],
] as const;

/** Reads over declaration, comments and doctype, each character once. */
function beginsAsSvg(text: string): boolean {
  const lower = text.toLowerCase();
  let at = 0;
  for (;;) {
    space.lastIndex = at;
    space.test(lower);
    at = space.lastIndex;
    const part = preamble.find(([start]) => lower.startsWith(start, at));
    if (part === undefined) return /^<svg[\s>]/.test(lower.slice(at, at + 5));
    const [start, end] = part;
    const endsAt = lower.indexOf(end, at + start.length);
    if (endsAt < 0) return false;
    at = endsAt + end.length;
  }
}

/**
 * The kind of image by its first bytes, never by file name or declared type: both are whatever the uploader says.
 * `undefined` when it is no image that is known here.
 */
export function imageTypeOf(bytes: Uint8Array): ImageType | undefined {
  if (startsWith(bytes, 0xff, 0xd8, 0xff)) return { format: 'jpeg', supported: true };
  if (startsWith(bytes, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a))
    return { format: 'png', supported: true };
  if (ascii(bytes, 0, 6) === 'GIF87a' || ascii(bytes, 0, 6) === 'GIF89a')
    return { format: 'gif', supported: true };
  if (ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 12) === 'WEBP')
    return { format: 'webp', supported: true };
  if (startsWith(bytes, 0x49, 0x49, 0x2a, 0x00) || startsWith(bytes, 0x4d, 0x4d, 0x00, 0x2a))
    return { format: 'tiff', supported: true };
  // SVG is text that can name other files and take for ever to draw: it is recognised to say so, not to decode it.
  if (beginsAsSvg(ascii(bytes, 0, IMAGE_TYPE_BYTES))) return { format: 'svg', supported: false };
  if (ascii(bytes, 0, 2) === 'BM' && bytes.length > 18 && bytes[6] === 0 && bytes[7] === 0)
    return { format: 'bmp', supported: false };
  return isoBrand(bytes);
}
