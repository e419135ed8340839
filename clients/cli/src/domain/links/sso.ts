import { type Chain, type SsoProfile, type SsoSession } from '../evidence.ts';
import { couldNotCheck, fail, missing, pass, warn, type Finding, type Link } from '../link.ts';
import { type Setup } from '../setup.ts';
import { command } from '../shell.ts';
import { withoutEnd } from '../texts.ts';
import { nearest } from './near.ts';

const skip = ({ profile }: Setup) => (profile === undefined ? 'no profile is given (--profile)' : undefined);

function login(setup: Setup): string {
  return command('aws', 'sso', 'login', '--profile', setup.profile ?? 'default');
}

function configure(setup: Setup, key: string, value: string): string {
  return command('aws', 'configure', 'set', key, value, '--profile', setup.profile ?? 'default');
}

/** Judges only profiles that sign in with IAM Identity Center; the others have their keys from elsewhere. */
function withSession(
  setup: Setup,
  chain: Chain,
  judge: (profile: SsoProfile, session: SsoSession) => Finding,
): Finding {
  const { profile } = chain.sso;
  if (profile.state === 'unavailable') return missing(profile);
  if (!profile.value.found)
    return couldNotCheck(`there is no profile ${setup.profile ?? ''} (see sso.profile)`);
  const { session } = profile.value.value;
  return session === undefined
    ? couldNotCheck(`the profile ${setup.profile ?? ''} does not sign in with IAM Identity Center`)
    : judge(profile.value.value, session);
}

/** `https://d-….awsapps.com/start`, `https://name.awsapps.com/start` or the portal of an identity store. */
const startUrlForm =
  /^https:\/\/[a-z0-9-]+\.(awsapps\.com|portal\.[a-z0-9-]+\.app\.aws)(\/start)?(\/?#?\/?)?$/;

export const ssoProfile: Link = {
  id: 'sso.profile',
  title: 'The profile signs in with IAM Identity Center, and is complete',
  why: 'Login looks only at the start URL; account and role are looked at later, and a mistake in them then shows as "ForbiddenException: No access".',
  skip,
  check(setup, chain) {
    const { profile, profiles } = chain.sso;
    if (profile.state === 'unavailable') return missing(profile);
    const name = setup.profile ?? '';
    if (!profile.value.found) {
      const others = profiles.state === 'known' ? profiles.value : [];
      const meant = nearest(name, others);
      return fail({
        evidence: [
          `the AWS configuration has no profile ${name}${others.length === 0 ? '' : `; it has ${others.join(', ')}`}`,
        ],
        repair: [
          meant === undefined
            ? command('aws', 'configure', 'sso', '--profile', name)
            : command('stepcast', 'doctor', '--profile', meant),
        ],
      });
    }
    const { session, missingSession, accountId, roleName, region } = profile.value.value;
    if (missingSession !== undefined)
      return fail({
        evidence: [`the profile names the sso-session ${missingSession}, which is no section of the file`],
        repair: [command('aws', 'configure', 'sso-session')],
      });
    if (session === undefined)
      return pass(`${name} does not sign in with IAM Identity Center; its keys come from elsewhere`);
    const problems = [
      ...(session.startUrl === undefined ? ['sso_start_url is missing'] : []),
      ...(session.startUrl !== undefined && !startUrlForm.test(session.startUrl)
        ? [
            `sso_start_url ${session.startUrl} is no address of an access portal (https://….awsapps.com/start)`,
          ]
        : []),
      ...(session.region === undefined ? ['sso_region is missing'] : []),
      ...(accountId === undefined ? ['sso_account_id is missing'] : []),
      ...(accountId !== undefined && !/^\d{12}$/.test(accountId)
        ? [`sso_account_id ${accountId} does not have 12 digits`]
        : []),
      ...(roleName === undefined ? ['sso_role_name is missing'] : []),
      ...(roleName?.startsWith('arn:') === true || roleName?.startsWith('AWSReservedSSO_') === true
        ? [
            `sso_role_name ${roleName} must be the name of the permission set, not of the IAM role made from it`,
          ]
        : []),
    ];
    if (problems.length > 0)
      return fail({
        evidence: problems,
        repair: [command('aws', 'configure', 'sso', '--profile', name)],
      });
    return region === undefined
      ? warn({
          evidence: [`the profile ${name} has no region of its own`],
          repair: [configure(setup, 'region', setup.region)],
        })
      : pass(`${session.startUrl ?? ''}, account ${accountId ?? ''}, permission set ${roleName ?? ''}`);
  },
};

export function ssoLogin(nowMs: () => number): Link {
  return {
    id: 'sso.login',
    title: 'The sign-in is fresh, and of the right portal',
    why: 'The token of "aws sso login" is kept in a file for some hours. One of another portal is of no use for this profile.',
    skip,
    check: (setup, chain) =>
      withSession(setup, chain, (_profile, session) => {
        const { login: present, otherLogins } = chain.sso;
        if (present.state === 'unavailable') return missing(present);
        const others = otherLogins.state === 'known' ? otherLogins.value : [];
        if (!present.value.found)
          return fail({
            evidence: [
              `nobody is signed in at ${session.startUrl ?? 'the portal of this profile'}`,
              ...others.map(({ startUrl }) => `there is a sign-in at another portal: ${startUrl}`),
            ],
            repair: [login(setup)],
          });
        const { startUrl, expiresAtMs } = present.value.value;
        const trim = (url: string) => withoutEnd(url, '#/');
        if (session.startUrl !== undefined && trim(startUrl) !== trim(session.startUrl))
          return fail({
            evidence: [`the sign-in is of ${startUrl}, the profile’s portal is ${session.startUrl}`],
            repair: [command('aws', 'sso', 'logout', '--profile', setup.profile ?? 'default'), login(setup)],
          });
        const until = new Date(expiresAtMs).toISOString();
        return expiresAtMs <= nowMs()
          ? fail({ evidence: [`the sign-in expired at ${until}`], repair: [login(setup)] })
          : pass(`signed in until ${until}`);
      }),
  };
}

export const ssoAccount: Link = {
  id: 'sso.account',
  title: 'The account of the profile is assigned to you',
  why: 'Signing in proves who you are; which accounts you may enter is assigned apart from that.',
  skip,
  check: (setup, chain) =>
    withSession(setup, chain, ({ accountId = '' }) => {
      const { accounts } = chain.sso;
      if (accounts.state === 'unavailable') return missing(accounts);
      const assigned = accounts.value;
      const found = assigned.find(({ id }) => id === accountId);
      if (found !== undefined) return pass(`${accountId} (${found.name})`);
      const meant = nearest(
        accountId,
        assigned.map(({ id }) => id),
      );
      return fail({
        evidence: [
          `the account ${accountId} is not assigned to you: every call ends in "ForbiddenException: No access"`,
          assigned.length === 0
            ? 'no account at all is assigned to you'
            : `assigned to you: ${assigned.map(({ id, name }) => `${id} (${name})`).join(', ')}`,
        ],
        repair: [
          ...(meant === undefined
            ? []
            : ['# if a digit is wrong, not the assignment:', configure(setup, 'sso_account_id', meant)]),
          '# else an administrator of IAM Identity Center has to assign it:',
          command(
            'aws',
            'sso-admin',
            'create-account-assignment',
            '--instance-arn',
            'INSTANCE_ARN',
            '--target-type',
            'AWS_ACCOUNT',
            '--target-id',
            accountId,
            '--permission-set-arn',
            'PERMISSION_SET_ARN',
            '--principal-type',
            'USER',
            '--principal-id',
            'USER_ID',
          ),
        ],
      });
    }),
};

export const ssoRole: Link = {
  id: 'sso.role',
  title: 'The permission set of the profile is assigned to you in that account',
  why: 'sso_role_name is the permission set, letter for letter. A slip gives the very same error as a missing assignment.',
  skip,
  check: (setup, chain) =>
    withSession(setup, chain, ({ accountId = '', roleName = '' }) => {
      const { roleNames } = chain.sso;
      if (roleNames.state === 'unavailable') return missing(roleNames);
      const assigned = roleNames.value;
      if (assigned.includes(roleName)) return pass(roleName);
      const bare = roleName
        .replace(/^arn:.*\//, '')
        .replace(/^AWSReservedSSO_/, '')
        .replace(/_[0-9a-f]{16}$/, '');
      const meant = nearest(bare, assigned);
      if (meant !== undefined)
        return fail({
          evidence: [
            `sso_role_name is ${roleName}, but the permission set is called ${meant}: calls end in "ForbiddenException: No access"`,
          ],
          repair: [configure(setup, 'sso_role_name', meant)],
        });
      return fail({
        evidence: [
          `the permission set ${roleName} is not assigned to you in ${accountId}: calls end in "ForbiddenException: No access"`,
          assigned.length === 0 ? 'none is' : `assigned there: ${assigned.join(', ')}`,
        ],
        repair: [
          ...assigned.slice(0, 3).map((name) => configure(setup, 'sso_role_name', name)),
          '# or an administrator assigns it; what Stepcast needs is printed by:',
          command('stepcast', 'permission-set', '--for', 'deploy'),
        ],
      });
    }),
};

export const ssoCredentials: Link = {
  id: 'sso.credentials',
  title: 'The portal gives credentials',
  why: 'This is the call that fails with "ForbiddenException: No access" after a login that went well.',
  skip,
  check: (setup, chain) =>
    withSession(setup, chain, ({ accountId = '', roleName = '' }) => {
      const { credentials, roleNames } = chain.sso;
      if (credentials.state === 'unavailable') return missing(credentials);
      if (credentials.value.granted) return pass(`GetRoleCredentials of ${roleName} in ${accountId}`);
      const { errorName, message } = credentials.value;
      const assigned = roleNames.state === 'known' && roleNames.value.includes(roleName);
      const evidence = [`GetRoleCredentials: ${errorName}: ${message}`];
      if (errorName === 'UnauthorizedException')
        return fail({
          evidence: [...evidence, 'the token is not accepted any more'],
          repair: [login(setup)],
        });
      if (assigned)
        return warn({
          evidence: [
            ...evidence,
            'account and permission set are assigned to you: the assignment is not provisioned yet, or the service refused once',
          ],
          repair: [
            '# wait two minutes',
            command('stepcast', 'doctor', '--profile', setup.profile ?? '', '--only', 'sso'),
          ],
        });
      return fail({
        evidence: [...evidence, 'see sso.account and sso.role: assignment, or a slip in the profile'],
        repair: [command('stepcast', 'doctor', '--profile', setup.profile ?? '', '--only', 'sso')],
      });
    }),
};

/** Without credentials nothing else can be checked either, so what to do is said here. */
export function unknownCaller({ reason }: { readonly reason: string }): Finding {
  return couldNotCheck(
    reason,
    ...(/no AWS credentials|credentials have expired/.test(reason)
      ? ['# sign in (aws sso login), or choose a profile with --profile']
      : []),
  );
}

export const caller: Link = {
  id: 'operator.caller',
  title: 'The calls are made in the account of the deployment',
  why: 'In another account everything looks as if it did not exist.',
  skip: ({ sandboxUrl }) => (sandboxUrl === undefined ? undefined : 'the sandbox has one account'),
  check(setup, chain) {
    if (chain.caller.state === 'unavailable') return unknownCaller(chain.caller);
    const { accountId, arn } = chain.caller.value;
    if (setup.accountId !== undefined && setup.accountId !== accountId)
      return fail({
        evidence: [`the calls are made as ${arn}, but the deployment is in ${setup.accountId}`],
        repair: [
          '# choose the profile of that account:',
          command('aws', 'configure', 'list-profiles'),
          command('stepcast', 'doctor', '--profile', 'NAME'),
        ],
      });
    if (arn.endsWith(':root'))
      return warn({
        evidence: ['the calls are made as the root user of the account'],
        repair: [command('stepcast', 'permission-set', '--for', 'operate')],
      });
    return pass(arn);
  },
};
