import { GUEST_SCOPE_DOWN } from '@stepcast/policies';
import { askAs, compile, explained } from '../decide.ts';
import { type Chain } from '../evidence.ts';
import { accountOf, expectedPolicies, only } from '../expected.ts';
import { breach, couldNotCheck, fail, missing, pass, warn, type Finding, type Link } from '../link.ts';
import { sampleIdentity, type Setup } from '../setup.ts';
import { aws } from '../shell.ts';
import { poolRole, roleOf, signedInRoles } from './pool-roles.ts';
import { addStatements, askRole, type Question } from './role-rights.ts';

const skip = ({ kvs }: Setup) =>
  kvs === undefined ? 'no signaling channels are given (--kvs-channels)' : undefined;

const viewer = [
  'DescribeSignalingChannel',
  'GetSignalingChannelEndpoint',
  'GetIceServerConfig',
  'ConnectAsViewer',
];

function channelArn(setup: Setup, name: string): string {
  // Channel ARNs end in their creation time, which is not known before there is a channel.
  return `arn:${setup.partition}:kinesisvideo:${setup.region}:${accountOf(setup)}:channel/${name}/1764058120804`;
}

function channelName(setup: Setup): string {
  return (setup.kvs?.channelPattern ?? '').replaceAll('*', 'doctor-1').replaceAll('?', '1');
}

function questions(setup: Setup, actions: readonly string[], name = channelName(setup)): readonly Question[] {
  return actions.map((action) => ({ action: `kinesisvideo:${action}`, resource: channelArn(setup, name) }));
}

function wantedActions(setup: Setup): readonly string[] {
  return setup.kvs?.authenticated === 'speaker' ? [...viewer, 'ConnectAsMaster'] : viewer;
}

export const kvsActions: Link = {
  id: 'kvs.actions',
  title: 'Signed-in people may use signaling channels',
  why: 'The pool’s one role needs the kinesisvideo actions besides its others. Extend that role: another one in its place would lose S3 and MQTT.',
  skip,
  check(setup, chain) {
    const role = poolRole(chain, 'authenticated');
    if (role.state === 'unavailable') return missing(role);
    const { answers, unreadable } = askRole(setup, role.value, questions(setup, wantedActions(setup)));
    const denied = answers.filter(({ answer }) => !answer.allowed);
    if (denied.length === 0)
      return pass(
        `${role.value.name} allows ${wantedActions(setup).join(', ')} on ${setup.kvs?.channelPattern ?? ''}`,
      );
    if (unreadable.length > 0) return couldNotCheck(unreadable.join('; '));
    const mapped = signedInRoles(chain).flatMap(({ role: one }) =>
      one.state === 'known' &&
      askRole(setup, one.value, questions(setup, wantedActions(setup))).answers.every(
        ({ answer }) => answer.allowed,
      )
        ? [one.value.name]
        : [],
    );
    if (mapped.length > 0)
      return pass(
        `${mapped.join(', ')} ${mapped.length === 1 ? 'allows' : 'allow'} it, by role mapping; who is in none of their groups gets ${role.value.name}, which does not`,
      );
    const built = expectedPolicies(setup)?.authenticated.document;
    return fail({
      evidence: [
        `${role.value.name} does not allow ${denied.map(({ action }) => action).join(', ')} on ${channelArn(setup, channelName(setup))}`,
        ...new Set(denied.flatMap(({ action, answer }) => explained(action, answer))),
      ],
      repair: [
        ...addStatements(
          setup,
          role.value,
          'stepcast-kvs',
          built === undefined ? undefined : only(built, ['KvsViewer', 'KvsMaster']),
        ),
        '# credentials that were handed out keep what they have for up to an hour: sign out and in again',
      ],
    });
  },
};

export const kvsScope: Link = {
  id: 'kvs.scope',
  title: 'Signaling rights end at this deployment’s channels',
  why: 'A pattern without "/*" matches no channel, because ARNs end in the creation time; "*" matches everybody’s.',
  skip,
  check(setup, chain) {
    const role = poolRole(chain, 'authenticated');
    if (role.state === 'unavailable') return missing(role);
    const built = expectedPolicies(setup)?.authenticated.document;
    const repair = addStatements(
      setup,
      role.value,
      'stepcast-kvs',
      built === undefined ? undefined : only(built, ['KvsViewer', 'KvsMaster']),
    );
    const inside = askRole(setup, role.value, questions(setup, ['GetSignalingChannelEndpoint']));
    const hint = inside.answers[0]?.answer.hints.find(({ code }) => code === 'channelWithoutCreationTime');
    if (hint !== undefined) return fail({ evidence: [hint.message], repair });
    const outside = askRole(setup, role.value, questions(setup, viewer, 'somebody-elses-channel'));
    const open = outside.answers.filter(({ answer }) => answer.allowed);
    if (open.length > 0 && setup.kvs?.channelPattern !== '*')
      return warn({
        evidence: open.map(
          ({ action, answer }) =>
            `${action} is allowed on channels outside ${setup.kvs?.channelPattern ?? ''}, ${answer.lines[0] ?? ''}`,
        ),
        repair,
      });
    return outside.unreadable.length > 0
      ? couldNotCheck(outside.unreadable.join('; '))
      : pass(`rights end at ${setup.kvs?.channelPattern ?? ''}`);
  },
};

export const kvsMaster: Link = {
  id: 'kvs.master',
  title: 'Listeners cannot become the master of a channel',
  why: 'A new master displaces the one that is connected: any listener with ConnectAsMaster can take a session over. MASTER and VIEWER in GetSignalingChannelEndpoint are parameters that no policy sees.',
  skip,
  check(setup, chain) {
    const role = poolRole(chain, 'authenticated');
    if (role.state === 'unavailable') return missing(role);
    if (setup.kvs?.authenticated === 'speaker')
      return pass('every signed-in person is a speaker in this setup, and may be master');
    const { answers, unreadable } = askRole(setup, role.value, questions(setup, ['ConnectAsMaster']));
    const answer = answers[0]?.answer;
    if (answer?.allowed === true)
      return breach({
        evidence: [`${role.value.name} allows kinesisvideo:ConnectAsMaster, ${answer.lines[0] ?? ''}`],
        repair: [
          '# take kinesisvideo:ConnectAsMaster out of that statement, and give it to a role of the speakers by a role mapping:',
          aws(
            setup,
            'cognito-identity',
            'get-identity-pool-roles',
            '--identity-pool-id',
            setup.identityPoolId ?? '',
          ),
        ],
      });
    return unreadable.length > 0
      ? couldNotCheck(unreadable.join('; '))
      : pass(`${role.value.name} is viewer only`);
  },
};

function guestFinding(setup: Setup, chain: Chain): Finding {
  if (chain.identityPool.state === 'unavailable') return missing(chain.identityPool);
  if (!chain.identityPool.value.found) return couldNotCheck('there is no such identity pool (see pool.id)');
  const { allowsGuests, allowsClassicFlow } = chain.identityPool.value.value;
  if (chain.poolRoles.state === 'unavailable') return missing(chain.poolRoles);
  const arn = chain.poolRoles.value.unauthenticated;
  const wanted = setup.kvs?.guests === true;
  if (!allowsGuests || arn === undefined)
    return wanted
      ? fail({
          evidence: ['people who are not signed in are meant to listen, but the pool lets no guests in'],
          repair: ['# let listeners sign in, or let a backend hand out the viewer’s address (presigned)'],
        })
      : pass('guests are not meant to listen, and cannot');
  const role = roleOf(chain, arn);
  if (role.state === 'unavailable') return missing(role);
  const { policies, unreadable } = compile(role.value.policies, 'identity');
  if (unreadable.length > 0) return couldNotCheck(unreadable.join('; '));
  const session = compile([{ name: 'guest scope-down', document: GUEST_SCOPE_DOWN }], 'session').policies;
  const who = { identityId: sampleIdentity(setup), authenticated: false, roleArn: arn };
  const [question] = questions(setup, ['ConnectAsViewer']);
  if (question === undefined) return couldNotCheck('no signaling channels are given');
  const byRole = askAs(setup, who, { identity: policies }, question);
  const inForce = askAs(setup, who, { identity: policies, session }, question);
  const options = [
    '# one of: let listeners sign in (a user of low rights is enough);',
    '#   let a backend assume a viewer role and hand out credentials for the one channel, or a presigned address;',
    '#   allow the classic flow, with one guest role that may do nothing but view',
  ];
  if (wanted && !allowsClassicFlow)
    return fail({
      evidence: [
        'guests of the enhanced flow cannot use signaling channels, whatever the role says: kinesisvideo is not in the session policy that Cognito puts on them',
        ...explained(question.action, inForce),
      ],
      repair: options,
    });
  if (!wanted && byRole.allowed)
    return warn({
      evidence: [
        `${role.value.name} allows guests ${question.action}, ${allowsClassicFlow ? 'and the classic flow makes it work' : 'which the enhanced flow refuses: it has no effect and misleads'}`,
      ],
      repair: ['# take the kinesisvideo statements out of the guest role'],
    });
  if (wanted && !byRole.allowed)
    return fail({ evidence: explained(question.action, byRole), repair: options });
  return pass(wanted ? 'guests may view, through the classic flow' : 'guests have no signaling rights');
}

export const kvsGuest: Link = {
  id: 'kvs.guest',
  title: 'Listeners without sign-in can really listen',
  why: 'Cognito scopes guests down to a list of services that has no kinesisvideo ("because no session policy allows").',
  skip,
  check: guestFinding,
};
