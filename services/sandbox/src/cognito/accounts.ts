import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { derivedGuid } from './derived-ids.ts';
import { bytesOf, numberOf, verifierFrom, verifierOf, type PasswordVerifier } from './srp/protocol.ts';
import type { TokenSubject } from './tokens.ts';

export interface UserPoolUser {
  readonly username: string;
  readonly password: string;
  readonly email?: string;
  readonly groups?: readonly string[];
  /** Default: follows from the seed and the username. */
  readonly sub?: string;
}

/** The users of a pool. Passwords are not stored: only what they can be checked against. */
export interface Accounts {
  find(username: string): TokenSubject | undefined;
  /**
   * What a sign-in is checked against. For a name that nobody has, it is something that no password fits, and always the
   * same, so that nobody can tell which names there are.
   */
  storedOf(username: string): PasswordVerifier;
  /** The user, or undefined for a name that nobody has and for a wrong password alike. */
  byPassword(username: string, password: string): TokenSubject | undefined;
}

const SALT_BYTES = 16;

export function createAccounts(options: {
  readonly userPoolId: string;
  readonly seed: string;
  readonly users: readonly UserPoolUser[];
}): Accounts {
  const { userPoolId, seed } = options;
  const poolName = poolNameOf(userPoolId);
  const secret = randomBytes(32);
  const derived = (purpose: string, username: string) =>
    createHmac('sha256', secret)
      .update(JSON.stringify([purpose, username]))
      .digest();
  const saltOf = (username: string) => numberOf(derived('salt', username).subarray(0, SALT_BYTES));

  interface Account {
    readonly subject: TokenSubject;
    readonly stored: PasswordVerifier;
  }
  const accounts = new Map<string, Account>(
    options.users.map((user) => [
      user.username,
      {
        subject: {
          sub: user.sub ?? derivedGuid(seed, 'sub', userPoolId, user.username),
          username: user.username,
          email: user.email,
          groups: user.groups ?? [],
        },
        stored: verifierOf(poolName, user.username, user.password, saltOf(user.username)),
      },
    ]),
  );
  const nobody = (username: string) =>
    verifierFrom(saltOf(username), numberOf(derived('no password', username)));

  return {
    find: (username) => accounts.get(username)?.subject,
    storedOf: (username) => accounts.get(username)?.stored ?? nobody(username),
    byPassword(username, password) {
      const account = accounts.get(username);
      const stored = account?.stored ?? nobody(username);
      const claimed = verifierOf(poolName, username, password, stored.salt);
      return sameNumber(claimed.verifier, stored.verifier) ? account?.subject : undefined;
    },
  };
}

/** SRP of Cognito knows a pool by the part of its ID after the region. */
export function poolNameOf(userPoolId: string): string {
  return userPoolId.slice(userPoolId.indexOf('_') + 1);
}

function sameNumber(one: bigint, other: bigint): boolean {
  const [a, b] = [bytesOf(one), bytesOf(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
