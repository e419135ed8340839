import { parseJson } from '@stepcast/contracts';
import { z } from 'zod';
import { apiErrors } from './errors.ts';

const Token = z.object({ of: z.string(), after: z.int().nonnegative() });

export interface PageRequest {
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
}

const defaultPageSize = 100;

/**
 * One page of a list whose elements have an ascending or descending number, so that a list that grows between two pages
 * neither repeats nor skips anything.
 * @param subject what the list is of, with its filters: a token is good for that alone
 * @throws `InvalidToken`
 */
export function pageOf<T>(
  items: readonly T[],
  numberOf: (item: T) => number,
  direction: 'ascending' | 'descending',
  subject: string,
  request: PageRequest,
): { readonly items: readonly T[]; readonly nextToken: string | undefined } {
  const after = request.nextToken === undefined ? undefined : readToken(request.nextToken, subject);
  const rest =
    after === undefined
      ? items
      : items.filter((item) => (direction === 'ascending' ? numberOf(item) > after : numberOf(item) < after));
  const size =
    request.maxResults === undefined || request.maxResults === 0 ? defaultPageSize : request.maxResults;
  const page = rest.slice(0, size);
  const last = page.at(-1);
  return {
    items: page,
    nextToken: last !== undefined && rest.length > size ? writeToken(subject, numberOf(last)) : undefined,
  };
}

function writeToken(of: string, after: number): string {
  return Buffer.from(JSON.stringify({ of, after })).toString('base64url');
}

function readToken(token: string, subject: string): number {
  const parsed = parseJson(Token, Buffer.from(token, 'base64url').toString('utf8'));
  if (!parsed.ok || parsed.value.of !== subject) throw apiErrors.invalidToken();
  return parsed.value.after;
}
