import { command } from '../shell.ts';
import { accountIn, channelPattern, identityIn, parseDenial, subInKey } from './denial.ts';
import { describe, doctor, mend, roleName, type DenialCase } from './denial-case.ts';
import type { Decoder } from './explanation.ts';
import { attachmentDenied, channelsDenied } from './missing-role-rights.ts';

/** The first that fits explains. More particular ones stand in front. */
const cases: readonly DenialCase[] = [
  (denial) =>
    denial.reason !== 'denyIn'
      ? undefined
      : denial.denyIn === 'resource-based'
        ? describe(denial, {
            code: 'explicitDenyInResourcePolicy',
            title: 'The bucket policy (or another resource’s) forbids it',
            cause:
              'An explicit deny in the policy of the resource wins over every allow. Stepcast’s bucket policy denies identities everything outside of their own prefix, so the key is somebody else’s, or has the user-pool sub in place of the identity ID.',
            details: subInKey(denial),
            check: [
              'Does the key begin with users/{identityId}/, with the identity ID of these very credentials?',
              doctor('s3', 'role.isolation'),
            ],
            repair: [
              '# put the identity ID of the credentials in front of the key; do not remove the deny',
              mend('s3.bucketPolicy', 's3.prefix'),
            ],
          })
        : describe(denial, {
            code: 'explicitDeny',
            title: `A ${denial.denyIn ?? ''} policy forbids it`,
            cause:
              'An explicit deny wins over every allow. Only who owns that policy can change it: for a service control policy the organization, for a permissions boundary who made the role.',
            check: [`which ${denial.denyIn ?? ''} policy names ${denial.action}`],
            repair: [command('aws', 'iam', 'get-role', '--role-name', roleName(denial))],
          }),
  (denial) =>
    denial.reason !== 'session'
      ? undefined
      : denial.action.startsWith('kinesisvideo:')
        ? describe(denial, {
            code: 'guestCannotUseKvs',
            title: 'Guests of an identity pool cannot use signaling channels',
            cause:
              'In the enhanced flow Cognito puts a session policy on people who are not signed in. It lists services, and kinesisvideo is not among them (kinesis is another service), so no role policy can help.',
            check: [
              'Is this person meant to be signed in? Then the ID token did not reach the identity pool.',
              doctor('kvs.guest'),
            ],
            repair: [
              '# let listeners sign in, let a backend hand out viewer credentials or a presigned address,',
              '# or allow the classic flow with one guest role that may do nothing but view',
              command(
                'stepcast',
                'doctor',
                '--only',
                'kvs',
                '--kvs-channels',
                channelPattern(denial),
                '--kvs-guests',
              ),
            ],
          })
        : describe(denial, {
            code: 'noSessionPolicyAllows',
            title: 'The session was made smaller than its role',
            cause:
              'A session policy was given when the credentials were made. For guests of an identity pool that is Cognito’s own: it lets through a list of services only.',
            check: ['Is the person a guest who should be signed in?', doctor('pool', 'role')],
            repair: ['# sign in, or do this part in a service of your own'],
          }),
  attachmentDenied,
  channelsDenied,
  (denial) => {
    if (!denial.action.startsWith('s3:')) return undefined;
    const sub = subInKey(denial);
    return sub.length > 0
      ? describe(denial, {
          code: 'userPoolSubInKey',
          title: 'The key holds the user-pool sub; the role allows the identity ID',
          cause:
            'The GUID in the key has no region in front, so it is the "sub" of the ID token. The policy variable ${cognito-identity.amazonaws.com:sub} is the identity ID (region:guid): another value, and no policy was missing. A bucket policy that allows users/* for the whole role makes the error go away and opens everybody’s files to everybody.',
          details: sub,
          check: [doctor('s3.prefix', 'role.s3', 's3.bucketPolicy')],
          repair: [
            '# in the client, take the identity ID of the credentials:',
            '#   const { identityId } = await fetchAuthSession();   // Amplify',
            '#   const { identityId } = await credentials();        // fromCognitoIdentityPool',
            '# and take any allow of users/* for the role out of the bucket policy again',
          ],
        })
      : describe(denial, {
          code: 's3Missing',
          title: `The role ${roleName(denial)} does not allow ${denial.action} on this key`,
          cause:
            denial.reason === 'resource'
              ? 'The caller is of another account than the bucket: then both the role and the bucket policy must allow.'
              : 'No policy of the role matches the key. In one account the role alone is enough; the key must begin with the prefix of the very identity that these credentials belong to.',
          check: ['Is the identity in the key the one of these credentials?', doctor('role.s3', 's3')],
          repair: [mend('role.s3')],
        });
  },
  (denial) =>
    denial.action.startsWith('iot:')
      ? describe(denial, {
          code: 'iotMissing',
          title: `${denial.action} is not allowed`,
          cause: denial.ofIdentityPool
            ? 'A signed-in identity needs the role’s right and an attached IoT policy that allows the same; one of the two does not.'
            : 'The role does not allow it on this resource.',
          check: [doctor('iot', 'role.iot')],
          repair: [
            '# a right that the role lacks: put in what the check prints below role.iot',
            '# an IoT policy that is not attached:',
            command(
              'stepcast',
              'doctor',
              '--fix',
              '--only',
              'iot.attachment',
              '--identity',
              identityIn(denial.resource) ?? 'IDENTITY_ID',
            ),
          ],
        })
      : undefined,
  (denial) =>
    denial.action === 'iam:PassRole'
      ? describe(denial, {
          code: 'passRole',
          title: 'A role was to be handed to a service, and that right is missing',
          cause:
            'Those who set the roles of an identity pool, or deploy a function or task, must have iam:PassRole on those roles.',
          check: ['the permission set of the operator'],
          repair: [
            command(
              'stepcast',
              'permission-set',
              '--for',
              'deploy',
              '--account-id',
              accountIn(denial),
              '--region',
              'REGION',
            ),
          ],
        })
      : undefined,
  (denial) =>
    describe(denial, {
      code: denial.role?.startsWith('AWSReservedSSO_') === true ? 'permissionSetTooSmall' : 'accessDenied',
      title:
        denial.role?.startsWith('AWSReservedSSO_') === true
          ? 'The permission set does not allow it'
          : `${denial.action} is not allowed`,
      cause:
        denial.role?.startsWith('AWSReservedSSO_') === true
          ? 'You are signed in, and the permission set behind this role lacks the action. That is another thing than "ForbiddenException: No access", where no permission set is assigned.'
          : denial.reason === 'boundary'
            ? 'The role may have the right, but its permissions boundary does not include it.'
            : denial.reason === 'organization'
              ? 'The organization’s service control policies do not include it.'
              : 'No policy of the caller allows the action on this resource.',
      check: ['stepcast doctor'],
      repair: [
        command(
          'stepcast',
          'permission-set',
          '--for',
          'operate',
          '--account-id',
          accountIn(denial),
          '--region',
          'REGION',
        ),
      ],
    }),
];

export const accessDenied: Decoder = (text) => {
  const denial = parseDenial(text);
  if (denial === undefined) return undefined;
  for (const one of cases) {
    const explanation = one(denial);
    if (explanation !== undefined) return explanation;
  }
  return undefined;
};
