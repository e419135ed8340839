/** The views of the page, in the order of its navigation. */
export const VIEWS = ['overview', 'streams', 'waiting', 'dead-letters', 'replay', 'audit'] as const;
export type View = (typeof VIEWS)[number];

export interface Route {
  readonly view: View;
  /** What is looked up or replayed; empty: nothing is named. */
  readonly what: string;
}

/** Reads `#/streams?what=…`. Anything else is the overview. */
export function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const view = VIEWS.find((one) => one === path) ?? 'overview';
  return { view, what: new URLSearchParams(query).get('what') ?? '' };
}

export function hashOf({ view, what }: Route): string {
  return what === '' ? `#/${view}` : `#/${view}?${new URLSearchParams({ what }).toString()}`;
}
