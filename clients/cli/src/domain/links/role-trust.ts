import { ask, compile } from '../decide.ts';
import { type Chain, type Role } from '../evidence.ts';
import { breach, couldNotCheck, fail, missing, pass, worst, type Finding, type Link } from '../link.ts';
import { accountOf } from '../expected.ts';
import { type Setup } from '../setup.ts';
import { aws } from '../shell.ts';
import { poolRole, signedInRoles } from './pool-roles.ts';

const COGNITO = 'cognito-identity.amazonaws.com';

type Kind = 'authenticated' | 'unauthenticated';

function trustFor(poolId: string, kind: Kind) {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: COGNITO },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: { [`${COGNITO}:aud`]: poolId },
          'ForAnyValue:StringLike': { [`${COGNITO}:amr`]: kind },
        },
      },
    ],
  };
}

function judge(setup: Setup, role: Role, kind: Kind): Finding {
  const { identityPoolId: poolId } = setup;
  if (poolId === undefined) return couldNotCheck('no identity pool ID is given');
  const trust = compile([{ name: `trust policy of ${role.name}`, document: role.trust }], 'trust');
  const repair = [
    aws(
      setup,
      'iam',
      'update-assume-role-policy',
      '--role-name',
      role.name,
      '--policy-document',
      JSON.stringify(trustFor(poolId, kind)),
    ),
  ];
  if (trust.unreadable.length > 0) return couldNotCheck(trust.unreadable.join('; '));
  const assume = (aud: string, amr: Kind) =>
    ask(
      { identity: [], resource: trust.policies },
      {
        action: 'sts:AssumeRoleWithWebIdentity',
        resource: role.arn,
        principal: { federated: COGNITO, accountId: accountOf(setup) },
        context: { [`${COGNITO}:aud`]: aud, [`${COGNITO}:amr`]: [amr] },
      },
    );
  const own = assume(poolId, kind);
  if (!own.allowed) {
    const text = JSON.stringify(role.trust);
    return fail({
      evidence: [
        `${role.name} cannot be taken by ${kind} identities of ${poolId}`,
        ...own.lines.slice(1),
        ...(text.includes(':aud') && !text.includes(poolId)
          ? ['its "aud" is another pool, or an identity ID in place of a pool ID']
          : []),
      ],
      repair,
    });
  }
  const otherPool = `${setup.region}:00000000-0000-4000-8000-000000000000`;
  if (assume(otherPool, kind).allowed)
    return breach({
      evidence: [
        `${role.name} can be taken by identities of any identity pool, of any account: "aud" is missing`,
      ],
      repair,
    });
  if (kind === 'authenticated' && assume(poolId, 'unauthenticated').allowed)
    return breach({
      evidence: [`${role.name} can be taken by guests: "amr" does not ask for "authenticated"`],
      repair,
    });
  return pass(`${role.name} trusts ${kind} identities of ${poolId}, and nobody else`);
}

export const roleTrust: Link = {
  id: 'role.trust',
  title: 'The roles trust this pool, and the right people (aud, amr)',
  why: 'Without the right aud Cognito cannot give the role to anybody; without any, every identity pool of every account can.',
  check(setup, chain: Chain) {
    const authenticated = poolRole(chain, 'authenticated');
    if (authenticated.state === 'unavailable') return missing(authenticated);
    const guest = poolRole(chain, 'unauthenticated');
    return worst([
      ...signedInRoles(chain).flatMap(({ role }) =>
        role.state === 'known' ? [judge(setup, role.value, 'authenticated')] : [],
      ),
      ...(guest.state === 'known' ? [judge(setup, guest.value, 'unauthenticated')] : []),
    ]);
  },
};
