import { AwsError } from '../core/index.ts';

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextMarker: string | undefined;
}

/** IoT's largest page. */
const MAX_PAGE_SIZE = 250;
const DEFAULT_PAGE_SIZE = 25;

/**
 * One page of a sorted list of names. The marker is the last name of the page before, hidden from the caller, so that a
 * list that changes between two pages neither repeats nor skips what stayed in it.
 * @throws AwsError `InvalidRequestException`
 */
export function pageOf(
  sortedNames: readonly string[],
  request: { readonly marker?: string | undefined; readonly pageSize?: number | undefined },
): Page<string> {
  const size = request.pageSize ?? DEFAULT_PAGE_SIZE;
  if (size < 1 || size > MAX_PAGE_SIZE)
    throw new AwsError('InvalidRequestException', 400, `pageSize must be between 1 and ${MAX_PAGE_SIZE}`);
  const after = request.marker === undefined ? undefined : nameOf(request.marker);
  const rest = after === undefined ? sortedNames : sortedNames.filter((name) => name > after);
  const items = rest.slice(0, size);
  const last = items.at(-1);
  return {
    items,
    nextMarker: rest.length > size && last !== undefined ? markerOf(last) : undefined,
  };
}

function markerOf(name: string): string {
  return Buffer.from(name, 'utf8').toString('base64url');
}

function nameOf(marker: string): string {
  const name = Buffer.from(marker, 'base64url').toString('utf8');
  if (name === '' || markerOf(name) !== marker)
    throw new AwsError('InvalidRequestException', 400, 'Invalid marker');
  return name;
}
