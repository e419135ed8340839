import { command } from '../shell.ts';
import { channelPattern, channelResource, identityIn, type Denial } from './denial.ts';
import { describe, doctor, roleName, type DenialCase } from './denial-case.ts';

/** The command that gives the role of a denial some actions on a resource. */
function putRolePolicy(
  denial: Denial,
  policyName: string,
  actions: readonly string[],
  resource: string,
): string {
  return command(
    ...['aws', 'iam', 'put-role-policy', '--role-name', roleName(denial), '--policy-name', policyName],
    '--policy-document',
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: actions, Resource: resource }],
    }),
  );
}

/** Attaching or detaching an IoT policy. */
export const attachmentDenied: DenialCase = (denial) =>
  denial.action === 'iot:AttachPolicy' || denial.action === 'iot:DetachPolicy'
    ? describe(denial, {
        code: denial.ofIdentityPool ? 'attachPolicyFromClient' : 'attachPolicyTarget',
        title: denial.ofIdentityPool
          ? 'A client tried to attach its own IoT policy'
          : 'The right to attach is looked for on the identity, not on the policy',
        cause: denial.ofIdentityPool
          ? 'Only the provisioner may attach. Giving users AttachPolicy (AWSIoTConfigAccess) lets each of them attach any policy to any identity.'
          : `AWS decides ${denial.action} on the target. A Cognito target is a bare identity ID, which no ARN pattern matches: a statement with the policy’s ARN never applies, and Resource must be "*".`,
        check: [doctor('role.admin', 'iot')],
        repair: denial.ofIdentityPool
          ? [
              '# call the provisioner (POST /v1/provision with the ID token) in place of AttachPolicy',
              ...(identityIn(denial.resource) === undefined
                ? []
                : [
                    '# once, by hand, as an operator:',
                    command(
                      'aws',
                      'iot',
                      'attach-policy',
                      '--policy-name',
                      'stepcast-identity',
                      '--target',
                      denial.resource,
                    ),
                  ]),
            ]
          : [
              putRolePolicy(denial, 'attach-iot-policy', ['iot:AttachPolicy', 'iot:DetachPolicy'], '*'),
              '# only for the provisioner’s role, never for a role of the identity pool',
            ],
      })
    : undefined;

/** Signaling channels of Kinesis Video Streams. */
export const channelsDenied: DenialCase = (denial) =>
  denial.action.startsWith('kinesisvideo:')
    ? describe(denial, {
        code: 'kvsMissing',
        title: `The role ${roleName(denial)} has no right to signaling channels`,
        cause: `The identity pool gives ${roleName(denial)} to signed-in people, and it does not allow ${denial.action}. The name tells whose role it is: when it belongs to an earlier stack, the pool was never pointed at this deployment’s. An identity pool ID that is really an identity ID leads here too, because the role with the rights is then never used.`,
        check: [
          `Is ${roleName(denial)} this deployment’s role?`,
          command('stepcast', 'doctor', '--only', 'pool,kvs', '--kvs-channels', channelPattern(denial)),
        ],
        repair: [
          '# extend the role that is in use; setting another one would drop its S3 and MQTT rights, the guest role and the mappings:',
          putRolePolicy(
            denial,
            'stepcast-kvs',
            [
              'kinesisvideo:DescribeSignalingChannel',
              'kinesisvideo:GetSignalingChannelEndpoint',
              'kinesisvideo:GetIceServerConfig',
              denial.action === 'kinesisvideo:ConnectAsMaster'
                ? 'kinesisvideo:ConnectAsMaster'
                : 'kinesisvideo:ConnectAsViewer',
            ],
            channelResource(denial),
          ),
          '# then sign out and in again: credentials that were handed out keep their rights for up to an hour',
        ],
      })
    : undefined;
