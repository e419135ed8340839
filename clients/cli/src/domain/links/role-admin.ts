import { breach, couldNotCheck, pass, type Link } from '../link.ts';
import { accountOf, iotArn } from '../expected.ts';
import { foreignIdentity, type Setup } from '../setup.ts';
import { aws } from '../shell.ts';
import { givenRoles } from './pool-roles.ts';
import { askRole, type Question } from './role-rights.ts';

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
    { action: 'cognito-identity:SetIdentityPoolRoles', resource: '*' },
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
  why: 'Whatever the role may do, everybody may do who is given it, guests among them. AttachPolicy belongs to the provisioner alone.',
  check(setup, chain) {
    const given = givenRoles(chain);
    if (given.length === 0)
      return couldNotCheck(
        chain.poolRoles.state === 'unavailable'
          ? chain.poolRoles.reason
          : 'the pool names no role (see pool.roles)',
      );
    const evidence: string[] = [];
    const repair: string[] = [];
    const blind: string[] = [];
    for (const { role, use } of given) {
      if (role.state === 'unavailable') {
        blind.push(role.reason);
        continue;
      }
      const { answers, unreadable } = askRole(setup, role.value, tooMuch(setup), use);
      blind.push(...unreadable);
      const granting = new Map<string, string[]>();
      for (const { action, answer } of answers.filter((one) => one.answer.allowed)) {
        const policy = answer.evaluation.decisive[0]?.policy ?? '';
        granting.set(policy, [...(granting.get(policy) ?? []), action]);
      }
      for (const policy of role.value.policies) {
        const actions = granting.get(policy.name);
        const known = advised[policy.name]?.replace(
          'every signed-in person',
          use.authenticated ? '$&' : 'every guest',
        );
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
      : pass(`${given.length === 1 ? 'the role' : `${given.length} roles`} can administer nothing`);
  },
};
