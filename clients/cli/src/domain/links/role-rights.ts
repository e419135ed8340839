import { clientIdPolicyPattern, IdentityId, SessionId } from '@stepcast/contracts';
import { type PolicyDocument, type RequestContext } from '@stepcast/policies';
import { askAs, compile, explained, type Answer } from '../decide.ts';
import { type Role } from '../evidence.ts';
import { accountOf, expectedPolicies, iotArn, objectArn, only } from '../expected.ts';
import { breach, couldNotCheck, fail, missing, pass, warn, type Finding, type Link } from '../link.ts';
import { foreignIdentity, sampleIdentity, type Setup } from '../setup.ts';
import { aws } from '../shell.ts';
import { poolRole, roleOf, signedInRoleArns } from './pool-roles.ts';

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
): {
  readonly answers: readonly (Question & { readonly answer: Answer })[];
  readonly unreadable: readonly string[];
} {
  const { policies, unreadable } = compile(role.policies, 'identity');
  const who = { identityId: sampleIdentity(setup), authenticated: true, roleArn: role.arn };
  return {
    unreadable,
    answers: questions.map((question) => ({
      ...question,
      answer: askAs(setup, who, { identity: policies }, question),
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

/** Whether the authenticated role allows all that is asked; what it does not is explained, and the statements to add given. */
function lacking(
  setup: Setup,
  role: Role,
  questions: readonly Question[],
  what: string,
  add: { readonly name: string; readonly sids: readonly string[] },
): Finding {
  const { answers, unreadable } = askRole(setup, role, questions);
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
  title: 'The authenticated role may use MQTT as itself',
  why: 'The role and the IoT policy must both allow; without the role’s part the broker closes the connection right after CONNECT ("socket closed").',
  check(setup, chain) {
    const role = poolRole(chain, 'authenticated');
    if (role.state === 'unavailable') return missing(role);
    return lacking(
      setup,
      role.value,
      iotQuestions(setup, sampleIdentity(setup)),
      'connect, subscribe, receive and requests',
      {
        name: 'stepcast-iot',
        sids: ['ConnectAsSelf', 'SubscribeOwnTopics', 'ReceiveOwnTopics', 'PublishOwnRequests'],
      },
    );
  },
};

export const roleS3: Link = {
  id: 'role.s3',
  title: 'The authenticated role may use its own prefix of the bucket',
  why: 'In one account the role alone is enough; no bucket policy has to allow anything.',
  skip: ({ bucket }) => (bucket === undefined ? 'no bucket is given (--bucket)' : undefined),
  check(setup, chain) {
    const role = poolRole(chain, 'authenticated');
    if (role.state === 'unavailable') return missing(role);
    return lacking(
      setup,
      role.value,
      s3Questions(setup, sampleIdentity(setup)),
      'objects and listing below its own prefix',
      {
        name: 'stepcast-s3',
        sids: ['OwnObjects', 'ListOwnPrefix'],
      },
    );
  },
};

/** Managed policies that the internet advises for people who sign in, and that make each of them an administrator of something. */
const advised: Readonly<Record<string, string>> = {
  AWSIoTConfigAccess:
    'every signed-in person may attach any IoT policy to any identity, create policies, delete things',
  AWSIoTDataAccess: 'every signed-in person may publish to and read every topic, but for the IoT policy',
  AWSIoTFullAccess: 'every signed-in person is an administrator of AWS IoT',
  AmazonCognitoPowerUser: 'every signed-in person may change the pools',
  AmazonS3FullAccess: 'every signed-in person may read and delete every bucket',
  AmazonKinesisVideoStreamsFullAccess: 'every signed-in person may delete every channel',
  AdministratorAccess: 'every signed-in person is an administrator of the account',
  PowerUserAccess: 'every signed-in person may use every service of the account',
};

function tooMuch(setup: Setup): readonly Question[] {
  const foreign = foreignIdentity(setup);
  const account = accountOf(setup);
  return [
    { action: 'iot:AttachPolicy', resource: foreign },
    { action: 'iot:CreatePolicy', resource: iotArn(setup, 'policy/anything') },
    { action: 'iot:DeleteConnection', resource: iotArn(setup, `client/${foreign}-x`) },
    { action: 'iam:PutRolePolicy', resource: `arn:${setup.partition}:iam::${account}:role/anything` },
    { action: 'iam:PassRole', resource: `arn:${setup.partition}:iam::${account}:role/anything` },
    {
      action: 'cognito-identity:SetIdentityPoolRoles',
      resource: `arn:${setup.partition}:cognito-identity:${setup.region}:${account}:identitypool/${setup.identityPoolId ?? 'x'}`,
    },
    {
      action: 'cognito-idp:AdminCreateUser',
      resource: `arn:${setup.partition}:cognito-idp:${setup.region}:${account}:userpool/${setup.userPoolId ?? 'x'}`,
    },
    { action: 's3:DeleteBucket', resource: `arn:${setup.partition}:s3:::${setup.bucket ?? 'any-bucket'}` },
    { action: 's3:PutBucketPolicy', resource: `arn:${setup.partition}:s3:::${setup.bucket ?? 'any-bucket'}` },
    {
      action: 'kinesisvideo:DeleteSignalingChannel',
      resource: `arn:${setup.partition}:kinesisvideo:${setup.region}:${account}:channel/any/1`,
    },
  ];
}

export const roleAdmin: Link = {
  id: 'role.admin',
  title: 'No role of the pool has rights of an administrator',
  why: 'Whatever the role may do, every signed-in person may do. AttachPolicy belongs to the provisioner alone.',
  check(setup, chain) {
    const arns = signedInRoleArns(chain);
    if (arns.length === 0)
      return couldNotCheck(
        chain.poolRoles.state === 'unavailable'
          ? chain.poolRoles.reason
          : 'the pool names no role (see pool.roles)',
      );
    const evidence: string[] = [];
    const repair: string[] = [];
    const blind: string[] = [];
    for (const arn of arns) {
      const role = roleOf(chain, arn);
      if (role.state === 'unavailable') {
        blind.push(role.reason);
        continue;
      }
      const { answers, unreadable } = askRole(setup, role.value, tooMuch(setup));
      blind.push(...unreadable);
      const granting = new Map<string, string[]>();
      for (const { action, answer } of answers.filter((one) => one.answer.allowed)) {
        const policy = answer.evaluation.decisive[0]?.policy ?? '';
        granting.set(policy, [...(granting.get(policy) ?? []), action]);
      }
      for (const policy of role.value.policies) {
        const actions = granting.get(policy.name);
        const known = advised[policy.name];
        if (actions === undefined && known === undefined) continue;
        if (known !== undefined) evidence.push(`${role.value.name} has ${policy.name}: ${known}`);
        if (actions !== undefined)
          evidence.push(`${policy.name} of ${role.value.name} allows ${actions.join(', ')}`);
        repair.push(
          policy.arn === undefined
            ? aws(
                setup,
                'iam',
                'delete-role-policy',
                '--role-name',
                role.value.name,
                '--policy-name',
                policy.name,
              )
            : aws(
                setup,
                'iam',
                'detach-role-policy',
                '--role-name',
                role.value.name,
                '--policy-arn',
                policy.arn,
              ),
        );
      }
    }
    if (evidence.length > 0)
      return breach({
        evidence,
        repair: [
          ...repair,
          '# then run stepcast doctor again: role.iot and role.s3 print what the role needs instead',
        ],
      });
    return blind.length > 0
      ? couldNotCheck(`not every policy could be read: ${blind.join('; ')}`)
      : pass(`${arns.length === 1 ? 'the role' : `${arns.length} roles`} can administer nothing`);
  },
};
