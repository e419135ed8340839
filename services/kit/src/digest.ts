import { hash } from 'node:crypto';

/**
 * The first 128 bits of the SHA-256 of a text, as 32 hexadecimal digits. For names that only services see, such as
 * groups and deduplication IDs: names that browsers work out too are `base32Digest` of contracts, which takes nine
 * times as long because it does without Node.
 */
export function hexDigest(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 32);
}
