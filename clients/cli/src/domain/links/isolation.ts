import { IdentityId } from '@stepcast/contracts';
import { askAs, compile, type Answer } from '../decide.ts';
import { type Role } from '../evidence.ts';
import { expectedPolicies, iotArn, objectArn } from '../expected.ts';
import { breach, couldNotCheck, fail, missing, pass, worst, type Finding, type Link } from '../link.ts';
import { foreignIdentity, sampleIdentity, type Setup } from '../setup.ts';
import { aws, command } from '../shell.ts';
import { givenRoles, poolRole, type RoleUse } from './pool-roles.ts';
import { addStatements, askRole, s3Questions, type Question } from './role-rights.ts';

/** Takes away the policies that allow too much. */
function withdraw(setup: Setup, role: Role, open: readonly { readonly answer: Answer }[]): readonly string[] {
  const granting = new Set(open.map(({ answer }) => answer.evaluation.decisive[0]?.policy));
  return role.policies
    .filter(({ name }) => granting.has(name))
    .map(({ name, arn }) =>
      arn === undefined
        ? aws(setup, 'iam', 'delete-role-policy', '--role-name', role.name, '--policy-name', name)
        : aws(setup, 'iam', 'detach-role-policy', '--role-name', role.name, '--policy-arn', arn),
    );
}

/** Puts the policy in their place that allows each identity its own. */
function restore(setup: Setup, role: Role, { authenticated }: RoleUse): readonly string[] {
  const built = expectedPolicies(setup);
  return [
    '# and put the policy in their place that is scoped to each identity:',
    ...addStatements(
      setup,
      role,
      authenticated ? setup.authenticatedRoleName : setup.guestRoleName,
      (authenticated ? built?.authenticated : built?.guest)?.document,
    ),
  ];
}

function judgeIsolation(setup: Setup, role: Role, use: RoleUse): Finding {
  const foreign = foreignIdentity(setup);
  const topic = (leaf: string) => setup.topics.policyPattern(foreign).replace('*', leaf);
  const questions: Question[] = [
    { action: 'iot:Subscribe', resource: iotArn(setup, `topicfilter/${topic('uploads/#')}`) },
    { action: 'iot:Subscribe', resource: iotArn(setup, 'topicfilter/#') },
    { action: 'iot:Receive', resource: iotArn(setup, `topic/${topic('overview')}`) },
    { action: 'iot:Publish', resource: iotArn(setup, `topic/${topic('overview')}`) },
    ...(setup.bucket === undefined ? [] : s3Questions(setup, foreign)),
  ];
  const { answers, unreadable } = askRole(setup, role, questions, use);
  const open = answers.filter(({ answer }) => answer.allowed);
  if (open.length > 0)
    return breach({
      evidence: open.map(
        ({ action, resource, answer }) =>
          `${role.name}: ${action} on ${resource} is ${answer.lines[0] ?? 'allowed'}`,
      ),
      repair: [...withdraw(setup, role, open), ...restore(setup, role, use)],
    });
  return unreadable.length > 0
    ? couldNotCheck(`not every policy could be read: ${unreadable.join('; ')}`)
    : pass(`${role.name}: ${questions.length} questions for another identity, all refused`);
}

export const roleIsolation: Link = {
  id: 'role.isolation',
  title: 'No role of the pool reaches anybody else’s topics and files',
  why: 'The correlator takes the prefix of a key as proof of whose it is, which holds only where the role pins it.',
  check(setup, chain) {
    const own = poolRole(chain, 'authenticated');
    if (own.state === 'unavailable') return missing(own);
    return worst(
      givenRoles(chain).map(({ role, use }) =>
        role.state === 'unavailable' ? missing(role) : judgeIsolation(setup, role.value, use),
      ),
    );
  },
};

export const bucketPolicy: Link = {
  id: 's3.bucketPolicy',
  title: 'The bucket policy opens nobody’s files to others',
  why: 'In one account an allow in either policy is enough. A bucket policy that allows the role users/* lets every signed-in person read, overwrite and delete everybody’s files, whatever the role says.',
  skip: ({ bucket }) => (bucket === undefined ? 'no bucket is given (--bucket)' : undefined),
  check(setup, chain) {
    const { bucket = '' } = setup;
    if (chain.bucketPolicy.state === 'unavailable') return missing(chain.bucketPolicy);
    const built = expectedPolicies(setup)?.bucketPolicy;
    const put =
      built === undefined
        ? ['# give --account-id and --identity-pool-id, and the doctor prints the policy to put']
        : [aws(setup, 's3api', 'put-bucket-policy', '--bucket', bucket, '--policy', JSON.stringify(built))];
    if (!chain.bucketPolicy.value.found)
      return pass(
        `${bucket} has no bucket policy: the role alone decides (a second fence is advised, see the stack)`,
      );
    const { policies, unreadable } = compile(
      [{ name: 'bucket policy', document: chain.bucketPolicy.value.value }],
      'resource',
    );
    if (unreadable.length > 0) {
      const dangling = unreadable.some((one) => one.includes('deleted'));
      return dangling
        ? fail({ evidence: unreadable, repair: put })
        : couldNotCheck(`the bucket policy cannot be evaluated: ${unreadable.join('; ')}`);
    }
    const role = poolRole(chain, 'authenticated');
    const roleArn =
      role.state === 'known'
        ? role.value.arn
        : `arn:${setup.partition}:iam::${setup.accountId ?? '111122223333'}:role/${setup.authenticatedRoleName}`;
    const who = { identityId: sampleIdentity(setup), authenticated: true, roleArn };
    const foreign = s3Questions(setup, foreignIdentity(setup));
    const own = s3Questions(setup, who.identityId);
    // The bucket policy by itself: what it allows no role can take back.
    const judge = (questions: readonly Question[]) =>
      questions.map((question) => ({
        ...question,
        answer: askAs(setup, who, { identity: [], resource: policies }, question),
      }));
    const open = judge(foreign).filter(({ answer }) => answer.allowed);
    if (open.length > 0)
      return breach({
        evidence: [
          `${roleArn} as one person may reach the files of another:`,
          ...open.map(
            ({ action, resource, answer }) => `${action} on ${resource} is ${answer.lines[0] ?? ''}`,
          ),
        ],
        repair: put,
      });
    const shut = judge(own).filter(({ answer }) => answer.evaluation.outcome === 'explicitDeny');
    if (shut.length > 0)
      return fail({
        evidence: shut.map(
          ({ action, resource, answer }) => `${action} on ${resource} is refused ${answer.lines[0] ?? ''}`,
        ),
        repair: put,
      });
    return pass('it allows the role nothing of others, and denies it nothing of its own');
  },
};

/** The prefixes that are there tell which identifier the clients put in their keys. */
export const keyPrefix: Link = {
  id: 's3.prefix',
  title: 'Keys begin with identity IDs, not with user-pool subs',
  why: 'The policy variable ${cognito-identity.amazonaws.com:sub} is the identity ID (region:guid). The "sub" of the ID token is another GUID: uploads below it are refused, and nobody would get progress of them.',
  skip: ({ bucket }) => (bucket === undefined ? 'no bucket is given (--bucket)' : undefined),
  check(setup, chain) {
    if (chain.prefixLevels.state === 'unavailable') return missing(chain.prefixLevels);
    const levels = chain.prefixLevels.value;
    const head = setup.keyTemplate.policyPrefix('').slice(0, -1);
    const owners = levels.map((level) => ({ level, owner: setup.keyTemplate.ownerOf(`${head}${level}/x`) }));
    const subs = owners.filter(({ owner }) => owner.kind === 'userPoolSub');
    const sample = objectArn(setup, setup.keyTemplate.policyPrefix('${cognito-identity.amazonaws.com:sub}'));
    if (subs.length > 0)
      return fail({
        evidence: [
          `${subs.length} of ${levels.length} prefixes below ${head} are GUIDs without a region, which are user-pool subs: ${subs
            .slice(0, 3)
            .map(({ level }) => level)
            .join(', ')}`,
          `the role allows ${sample}*`,
        ],
        repair: [
          '# in the client, take the identity ID of the credentials, not a claim of the ID token:',
          '#   const { identityId } = await fetchAuthSession();   // Amplify',
          '#   const { identityId } = await credentials();        // fromCognitoIdentityPool',
          aws(
            setup,
            'cognito-identity',
            'get-id',
            '--identity-pool-id',
            setup.identityPoolId ?? 'POOL_ID',
            '--logins',
            'PROVIDER=ID_TOKEN',
          ),
        ],
      });
    if (levels.length === 0) return pass(`nothing was uploaded below ${head} yet`);
    const others = owners.filter(({ owner }) => owner.kind !== 'identity');
    if (others.length > 0)
      return couldNotCheck(
        `${others.length} of ${levels.length} prefixes below ${head} are no identity IDs: ${others[0]?.level ?? ''}`,
      );
    const first = IdentityId.safeParse(levels[0]).data ?? '';
    return pass(`${levels.length} below ${head}, all identity IDs, for example ${first}`);
  },
};

export const prefixProbe: Link = {
  id: 's3.probe',
  title: 'An identity reaches its own prefix and is refused another’s, live',
  why: 'This is the promise itself, tried with the credentials of a person; nothing is written.',
  skip: ({ sandboxUrl }) =>
    sandboxUrl === undefined
      ? 'it needs a person’s credentials, which only the sandbox gives out'
      : undefined,
  check(_setup, chain) {
    if (chain.prefixProbe.state === 'unavailable') return missing(chain.prefixProbe);
    const { own, ownPrefix, foreign, foreignPrefix, message } = chain.prefixProbe.value;
    if (foreign === 'allowed')
      return breach({
        evidence: [`the listing of ${foreignPrefix} was given to an identity that it does not belong to`],
        repair: [command('stepcast', 'doctor', '--only', 'role.isolation,s3.bucketPolicy')],
      });
    if (own === 'denied')
      return fail({
        evidence: [
          `the listing of the own prefix ${ownPrefix} was refused${message === undefined ? '' : `: ${message}`}`,
        ],
        repair: [command('stepcast', 'doctor', 'explain', message ?? 'AccessDenied')],
      });
    return pass(`${ownPrefix} was listed, ${foreignPrefix} was refused`);
  },
};
