import { sha256 } from '@noble/hashes/sha2.js';
import { base32nopad } from '@scure/base';

/**
 * UTF-8, except that a lone surrogate keeps its own three bytes instead of becoming U+FFFD, so that two
 * different JavaScript strings never have the same bytes. For every well-formed string this *is* UTF-8.
 */
export function losslessUtf8(text: string): Uint8Array {
  if (text.isWellFormed()) return new TextEncoder().encode(text);
  const bytes: number[] = [];
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code >= 0xd800 && code <= 0xdfff)
      bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    else bytes.push(...new TextEncoder().encode(char));
  }
  return Uint8Array.from(bytes);
}

/** First `length` characters of the lower-case base32 of the SHA-256 of a text. Synchronous, also in browsers. */
export function base32Digest(text: string, length: number): string {
  return base32nopad
    .encode(sha256(losslessUtf8(text)))
    .toLowerCase()
    .slice(0, length);
}
