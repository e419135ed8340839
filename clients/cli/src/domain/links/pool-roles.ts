import { known, unavailable, type Chain, type Evidence, type Role } from '../evidence.ts';

/** The role that the pool gives to identities of one kind, when it names one and it exists. */
export function poolRole(chain: Chain, kind: 'authenticated' | 'unauthenticated'): Evidence<Role> {
  const { poolRoles } = chain;
  if (poolRoles.state === 'unavailable') return poolRoles;
  const arn = poolRoles.value[kind];
  if (arn === undefined) return unavailable(`the identity pool names no ${kind} role (see pool.roles)`);
  return roleOf(chain, arn);
}

export function roleOf(chain: Chain, arn: string): Evidence<Role> {
  const role = chain.roles.get(arn);
  if (role === undefined) return unavailable(`${arn} was not looked up`);
  if (role.state === 'unavailable') return role;
  return role.value.found
    ? known(role.value.value)
    : unavailable(`the role ${arn} does not exist (see pool.roles)`);
}

/** Under which circumstances a role is given. */
export interface RoleUse {
  readonly authenticated: boolean;
  /** Guests of the enhanced flow: Cognito's session policy limits them besides. */
  readonly scopedDown: boolean;
}

export const SIGNED_IN: RoleUse = { authenticated: true, scopedDown: false };

export interface GivenRole {
  readonly arn: string;
  readonly role: Evidence<Role>;
  readonly use: RoleUse;
}

/** Every role that signed-in people can be given: the pool's own and those of its mappings. */
export function signedInRoles(chain: Chain): readonly GivenRole[] {
  if (chain.poolRoles.state === 'unavailable') return [];
  const { authenticated, mapped } = chain.poolRoles.value;
  return [...new Set([authenticated, ...mapped.map(({ roleArn }) => roleArn)])]
    .filter((arn) => arn !== undefined)
    .map((arn) => ({ arn, role: roleOf(chain, arn), use: SIGNED_IN }));
}

/** Every role that the pool gives to anybody. Guests are nobody where the pool is known to let none in. */
export function givenRoles(chain: Chain): readonly GivenRole[] {
  const guests = chain.poolRoles.state === 'known' ? chain.poolRoles.value.unauthenticated : undefined;
  const pool =
    chain.identityPool.state === 'known' && chain.identityPool.value.found
      ? chain.identityPool.value.value
      : undefined;
  if (guests === undefined || pool?.allowsGuests === false) return signedInRoles(chain);
  const use = { authenticated: false, scopedDown: pool?.allowsClassicFlow !== true };
  return [...signedInRoles(chain), { arn: guests, role: roleOf(chain, guests), use }];
}
