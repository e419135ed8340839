import type { SandboxConfig } from './sandbox-config.ts';

/** Who may use the page: the people of the sandbox, and guests where it lets them in. */
export type Account =
  | { readonly kind: 'user'; readonly username: string; readonly name: string; readonly password: string }
  | { readonly kind: 'guest'; readonly username: string; readonly name: string };

/** `alice` as a name at the head of a panel. */
const spoken = (username: string) => username.charAt(0).toUpperCase() + username.slice(1);

export function accountsOf(config: Pick<SandboxConfig, 'users' | 'guests'>): readonly Account[] {
  const people = config.users.map(({ username, password }): Account => ({
    kind: 'user',
    username,
    password,
    name: spoken(username),
  }));
  // No name of the user pool has a space.
  return config.guests ? [...people, { kind: 'guest', username: 'a guest', name: 'Guest' }] : people;
}
