import { createHash, timingSafeEqual } from 'node:crypto';

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Takes as long for a token that is nearly right as for another. */
export function isToken(given: unknown, token: string | undefined): boolean {
  return token !== undefined && typeof given === 'string' && timingSafeEqual(digest(given), digest(token));
}
