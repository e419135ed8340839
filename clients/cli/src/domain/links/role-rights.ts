import { clientIdPolicyPattern, IdentityId, SessionId } from '@stepcast/contracts';
import { GUEST_SCOPE_DOWN, type PolicyDocument, type RequestContext } from '@stepcast/policies';
import { askAs, compile, explained, type Answer } from '../decide.ts';
import { type Chain, type Role } from '../evidence.ts';
import { expectedPolicies, iotArn, objectArn, only } from '../expected.ts';
import { couldNotCheck, fail, missing, pass, warn, worst, type Finding, type Link } from '../link.ts';
import { sampleIdentity, type Setup } from '../setup.ts';
import { aws } from '../shell.ts';
import { givenRoles, poolRole, SIGNED_IN, signedInRoles, type RoleUse } from './pool-roles.ts';

export interface Question {
  readonly action: string;
  readonly resource: string;
  readonly context?: RequestContext;
}

/** What the web client does over MQTT as one identity. */
export function iotQuestions(setup: Setup, identityId: string): readonly Question[] {
  const { topics } = setup;
  const own = topics.policyPattern(identityId);
  const clientId = clientIdPolicyPattern(identityId).replace('*', `-${SessionId.parse('doctor')}`);
  return [
    {
      action: 'iot:Connect',
      resource: iotArn(setup, `client/${clientId}`),
      context: { 'iot:ClientId': clientId },
    },
    { action: 'iot:Subscribe', resource: iotArn(setup, `topicfilter/${own.replace('*', 'uploads/#')}`) },
    { action: 'iot:Receive', resource: iotArn(setup, `topic/${own.replace('*', 'overview')}`) },
    {
      action: 'iot:Publish',
      resource: iotArn(setup, `topic/${topics.requestPolicyPattern(identityId).replace('*', 'doctor')}`),
    },
  ];
}

export function s3Questions(setup: Setup, identityId: string): readonly Question[] {
  const prefix = setup.keyTemplate.prefixOf(IdentityId.parse(identityId));
  const object = objectArn(setup, `${prefix}doctor`);
  return [
    ...['s3:PutObject', 's3:GetObject', 's3:DeleteObject', 's3:AbortMultipartUpload'].map((action) => ({
      action,
      resource: object,
    })),
    {
      action: 's3:ListBucket',
      resource: `arn:${setup.partition}:s3:::${setup.bucket ?? ''}`,
      context: { 's3:prefix': prefix },
    },
  ];
}

export function askRole(
  setup: Setup,
  role: Role,
  questions: readonly Question[],
  { authenticated, scopedDown }: RoleUse = SIGNED_IN,
): {
  readonly answers: readonly (Question & { readonly answer: Answer })[];
  readonly unreadable: readonly string[];
} {
  const { policies, unreadable } = compile(role.policies, 'identity');
  const who = { identityId: sampleIdentity(setup), authenticated, roleArn: role.arn };
  const session = scopedDown
    ? compile([{ name: 'guest scope-down', document: GUEST_SCOPE_DOWN }], 'session').policies
    : undefined;
  return {
    unreadable,
    answers: questions.map((question) => ({
      ...question,
      answer: askAs(
        setup,
        who,
        { identity: policies, ...(session === undefined ? {} : { session }) },
        question,
      ),
    })),
  };
}

export function addStatements(
  setup: Setup,
  role: Role,
  name: string,
  document: PolicyDocument | undefined,
): string[] {
  return document === undefined
    ? ['# give --account-id, --identity-pool-id and --bucket, and the doctor prints the policy to add']
    : [
        aws(
          setup,
          'iam',
          'put-role-policy',
          '--role-name',
          role.name,
          '--policy-name',
          name,
          '--policy-document',
          JSON.stringify(document),
        ),
      ];
}

interface Wanted {
  readonly questions: readonly Question[];
  /** In words. */
  readonly what: string;
  /** Statements of the built documents that allow it, and the name of the policy in which they are added. */
  readonly add: { readonly name: string; readonly sids: readonly string[] };
}

/** Whether a role allows all that is wanted; what it does not is explained, and the statements to add given. */
function lacking(
  setup: Setup,
  role: Role,
  { questions, what, add }: Wanted,
  use: RoleUse = SIGNED_IN,
): Finding {
  const { answers, unreadable } = askRole(setup, role, questions, use);
  const denied = answers.filter(({ answer }) => !answer.allowed);
  if (denied.length > 0 && unreadable.length > 0)
    return couldNotCheck(`a policy of ${role.name} cannot be evaluated: ${unreadable.join('; ')}`);
  if (denied.length > 0) {
    const built = expectedPolicies(setup)?.authenticated.document;
    return fail({
      evidence: [
        `${role.name} does not allow ${denied.map(({ action }) => action).join(', ')}`,
        ...denied.flatMap(({ action, answer }) => explained(action, answer)),
      ],
      repair: addStatements(setup, role, add.name, built === undefined ? undefined : only(built, add.sids)),
    });
  }
  return unreadable.length > 0
    ? warn({
        evidence: [
          `${what} is allowed, but not every policy could be taken into account: ${unreadable.join('; ')}`,
        ],
        repair: [aws(setup, 'iam', 'list-attached-role-policies', '--role-name', role.name)],
      })
    : pass(`${role.name} allows ${what}`);
}

export const roleIot: Link = {
  id: 'role.iot',
  title: 'Signed-in people may use MQTT as themselves',
  why: 'The role and the IoT policy must both allow; without the role’s part the broker closes the connection right after CONNECT ("socket closed").',
  check: (setup, chain) => everyRoleHas(setup, chain, mqtt(setup)),
};

export const roleS3: Link = {
  id: 'role.s3',
  title: 'Signed-in people may use their own prefix of the bucket',
  why: 'In one account the role alone is enough; no bucket policy has to allow anything.',
  skip: ({ bucket }) => (bucket === undefined ? 'no bucket is given (--bucket)' : undefined),
  check: (setup, chain) =>
    everyRoleHas(setup, chain, {
      questions: s3Questions(setup, sampleIdentity(setup)),
      what: 'objects and listing below its own prefix',
      add: { name: 'stepcast-s3', sids: ['OwnObjects', 'ListOwnPrefix'] },
    }),
};

/**
 * Guests are judged by their role alone, within what Cognito leaves them: no IoT policy is asked. Uploads are not
 * expected of them, because no bucket policy can tell one guest from another.
 */
export const roleGuest: Link = {
  id: 'role.guest',
  title: 'Guests may follow what is theirs, where the pool lets guests in',
  why: 'For guests the role alone decides over MQTT: an IoT policy attached to a guest changes nothing, and what is not in the role no attachment gives.',
  check(setup, chain) {
    if (chain.identityPool.state === 'unavailable') return missing(chain.identityPool);
    if (!chain.identityPool.value.found) return couldNotCheck('there is no such identity pool (see pool.id)');
    if (!chain.identityPool.value.value.allowsGuests) return pass('the pool lets no guests in');
    const guest = givenRoles(chain).find(({ use }) => !use.authenticated);
    if (guest === undefined) return couldNotCheck('the pool names no role for guests (see pool.roles)');
    return guest.role.state === 'unavailable'
      ? missing(guest.role)
      : lacking(setup, guest.role.value, mqtt(setup), guest.use);
  },
};

/** A session has exactly one role: whichever the pool or a mapping gives, everything has to be in it. */
function everyRoleHas(setup: Setup, chain: Chain, wanted: Wanted): Finding {
  const own = poolRole(chain, 'authenticated');
  if (own.state === 'unavailable') return missing(own);
  return worst(
    signedInRoles(chain).map(({ role }) =>
      role.state === 'unavailable' ? missing(role) : lacking(setup, role.value, wanted),
    ),
  );
}

function mqtt(setup: Setup): Wanted {
  return {
    questions: iotQuestions(setup, sampleIdentity(setup)),
    what: 'connect, subscribe, receive and requests',
    add: {
      name: 'stepcast-iot',
      sids: ['ConnectAsSelf', 'SubscribeOwnTopics', 'ReceiveOwnTopics', 'PublishOwnRequests'],
    },
  };
}
