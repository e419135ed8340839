import { createHmac, timingSafeEqual } from 'node:crypto';

/** The building blocks of Signature Version 4: canonical forms, key derivation, comparison. */

export type QueryPair = readonly [name: string, value: string];

function decodeComponent(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/**
 * The pairs of a query in the order sent, decoded. `+` is a space, as in forms. What is no valid percent-encoding stays
 * as it is: it can then match no signature.
 */
export function parseQuery(query: string): QueryPair[] {
  if (query === '') return [];
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.indexOf('=');
      const [name, value] = at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
      const decode = (text: string) => decodeComponent(text.replaceAll('+', '%20')) ?? text;
      return [decode(name), decode(value)] as const;
    });
}

/** Percent-encodes everything but `A-Z a-z 0-9 - . _ ~`, in UTF-8. */
export function uriEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Order by code units, as `sort()` has it. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Names and values encoded, then sorted. */
export function canonicalQuery(pairs: readonly QueryPair[]): string {
  return pairs
    .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
    .sort(([a, x], [b, y]) => compareText(a, b) || compareText(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** S3 takes the path as it is, in one normal form of escaping; empty, `.` and `..` segments are part of a key. */
export function pathEscapedOnce(path: string): string {
  return path
    .split('/')
    .map((segment) => {
      const decoded = decodeComponent(segment);
      return decoded === undefined ? segment : uriEncode(decoded);
    })
    .join('/');
}

/** Every service but S3: empty and dot segments resolved, what is already escaped escaped again. */
export function pathEscapedTwice(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') segments.pop();
    else segments.push(segment);
  }
  const slash = segments.length > 0 && path.endsWith('/') ? '/' : '';
  return `/${segments.map(uriEncode).join('/')}${slash}`;
}

/** HMAC-SHA256. */
export function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** The key of one day, region and service. */
export function signingKey(secretAccessKey: string, date: string, region: string, service: string): Buffer {
  return hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, date), region), service), 'aws4_request');
}

/** Compares without telling by its duration where two texts differ. */
export function equalConstantTime(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
