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

/** Every role that signed-in people can be given: the pool's own and those of its mappings. */
export function signedInRoleArns(chain: Chain): readonly string[] {
  if (chain.poolRoles.state === 'unavailable') return [];
  const { authenticated, mapped } = chain.poolRoles.value;
  return [...new Set([authenticated, ...mapped.map(({ roleArn }) => roleArn)])].filter(
    (arn) => arn !== undefined,
  );
}
