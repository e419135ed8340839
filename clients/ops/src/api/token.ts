/** As much of a window as has to do with the token. */
export interface TokenPage {
  readonly location: Pick<Location, 'hash' | 'pathname' | 'search'>;
  readonly history: { replaceState(data: null, title: string, url: string): void };
  readonly sessionStorage: Pick<Storage, 'getItem' | 'setItem'>;
}

const KEY = 'stepcast.operator-token';

/**
 * The token of the operator: from the address, where the sandbox prints it behind `#token=`, which no server sees; else as it was
 * typed before in this tab. It is taken out of the address, so that no history and no screenshot has it.
 */
export function takeToken(page: TokenPage): string | undefined {
  const { location, history, sessionStorage } = page;
  const given = tokenIn(location.hash);
  if (given === undefined) return sessionStorage.getItem(KEY) ?? undefined;
  history.replaceState(null, '', `${location.pathname}${location.search}`);
  keepToken(sessionStorage, given);
  return given;
}

export function keepToken(storage: Pick<Storage, 'setItem'>, token: string): void {
  storage.setItem(KEY, token);
}

export function forgetToken(storage: Pick<Storage, 'removeItem'>): void {
  storage.removeItem(KEY);
}

/** The token behind `#token=`; `undefined`: there is none. */
export function tokenIn(hash: string): string | undefined {
  if (!hash.startsWith('#token=')) return undefined;
  const token = new URLSearchParams(hash.slice(1)).get('token')?.trim();
  return token === undefined || token === '' ? undefined : token;
}
