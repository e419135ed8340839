import { type Chain } from '../evidence.ts';
import { couldNotCheck, fail, missing, pass, warn, worst, type Finding, type Link } from '../link.ts';
import { accountOf } from '../expected.ts';
import { roleNameOf, type Setup } from '../setup.ts';
import { aws } from '../shell.ts';

/**
 * SetIdentityPoolRoles puts the whole role document in the place of the old one: whatever the call leaves out is gone,
 * so the guest role and the mappings are written again.
 */
function setRoles(setup: Setup, chain: Chain, change: Readonly<Record<string, string>>): string {
  const present = chain.poolRoles.state === 'known' ? chain.poolRoles.value : undefined;
  const roles = {
    ...(present?.authenticated === undefined ? {} : { authenticated: present.authenticated }),
    ...(present?.unauthenticated === undefined ? {} : { unauthenticated: present.unauthenticated }),
    ...change,
  };
  return aws(
    setup,
    'cognito-identity',
    'set-identity-pool-roles',
    '--identity-pool-id',
    setup.identityPoolId ?? '',
    '--roles',
    Object.entries(roles)
      .map(([kind, arn]) => `${kind}=${arn}`)
      .join(','),
    ...(present?.mappings === undefined ? [] : ['--role-mappings', JSON.stringify(present.mappings)]),
  );
}

export const poolRoles: Link = {
  id: 'pool.roles',
  title: 'The identity pool names roles that exist, and are this deployment’s',
  why: 'The role decides everything that credentials can do. A pool left pointing at the role of an earlier stack hands out rights of that stack, and none of this one.',
  check(setup, chain) {
    if (setup.identityPoolId === undefined) return couldNotCheck('no identity pool ID is given');
    if (chain.poolRoles.state === 'unavailable') return missing(chain.poolRoles);
    const { authenticated, unauthenticated, mapped } = chain.poolRoles.value;
    const arnOf = (name: string) => `arn:${setup.partition}:iam::${accountOf(setup)}:role/${name}`;
    const findings: Finding[] = [];

    if (authenticated === undefined)
      findings.push(
        fail({
          evidence: ['the pool names no authenticated role: GetCredentialsForIdentity fails for everybody'],
          repair: [setRoles(setup, chain, { authenticated: arnOf(setup.authenticatedRoleName) })],
        }),
      );
    const guests =
      chain.identityPool.state === 'known' &&
      chain.identityPool.value.found &&
      chain.identityPool.value.value.allowsGuests;
    if (guests && unauthenticated === undefined)
      findings.push(
        fail({
          evidence: ['the pool lets guests in, but names no role for them'],
          repair: [setRoles(setup, chain, { unauthenticated: arnOf(setup.guestRoleName) })],
        }),
      );

    const named = [
      ['authenticated', authenticated, setup.authenticatedRoleName],
      ['unauthenticated', unauthenticated, setup.guestRoleName],
    ] as const;
    for (const [kind, arn, expected] of named) {
      if (arn === undefined) continue;
      const role = chain.roles.get(arn);
      if (role === undefined || role.state === 'unavailable') {
        findings.push(couldNotCheck(role?.reason ?? `${arn} was not looked up`));
      } else if (!role.value.found) {
        findings.push(
          fail({
            evidence: [`the ${kind} role ${arn} does not exist any more`],
            repair: [setRoles(setup, chain, { [kind]: arnOf(expected) })],
          }),
        );
      } else if (roleNameOf(arn) !== expected) {
        findings.push(
          warn({
            evidence: [
              `the ${kind} role is ${roleNameOf(arn)}, not ${expected}: a role of another stack, or under another name`,
            ],
            repair: [
              '# if that role is meant, say so:',
              `stepcast doctor --${kind === 'authenticated' ? 'authenticated' : 'guest'}-role ${roleNameOf(arn)}`,
              '# else put this deployment’s role in its place; guests and mappings stay:',
              setRoles(setup, chain, { [kind]: arnOf(expected) }),
            ],
          }),
        );
      } else {
        findings.push(pass(`${kind}: ${arn}`));
      }
    }
    for (const { provider, roleArn } of mapped) {
      const role = chain.roles.get(roleArn);
      if (role?.state === 'known' && !role.value.found)
        findings.push(
          fail({
            evidence: [`the mapping of ${provider} names ${roleArn}, which does not exist`],
            repair: [
              aws(
                setup,
                'cognito-identity',
                'get-identity-pool-roles',
                '--identity-pool-id',
                setup.identityPoolId,
              ),
              '# correct the rule in the answer and give it to set-identity-pool-roles, together with every role',
            ],
          }),
        );
    }
    return worst(findings);
  },
};
