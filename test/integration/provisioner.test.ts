import {
  CognitoIdentityClient,
  DeleteIdentitiesCommand,
  GetIdentityPoolRolesCommand,
  SetIdentityPoolRolesCommand,
} from '@aws-sdk/client-cognito-identity';
import { DetachPolicyCommand, IoTClient, ListTargetsForPolicyCommand } from '@aws-sdk/client-iot';
import { SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetrics, silentLogger, systemClock, systemTimers } from '@stepcast/kit';
import { createProvisioner, readProvisionerConfig, type Provisioner } from '@stepcast/provisioner';
import type { Sandbox } from '@stepcast/sandbox';
import { IdentityId } from '@stepcast/contracts';
import { guestActor, signedInActor } from './isolation/actors.ts';
import { startTestSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
let cognito: CognitoIdentityClient;
let iot: IoTClient;
let provisioner: Provisioner;

beforeAll(async () => {
  sandbox = await startTestSandbox({ argv: ['--guests'] });
  const { region, endpoints, accountId, identityPoolId, userPoolId, userPoolClientId } = sandbox.info;
  const { accessKeyId, secretAccessKey } = sandbox.access.root;
  const options = { region, credentials: { accessKeyId, secretAccessKey } };
  cognito = new CognitoIdentityClient({ ...options, endpoint: endpoints.cognitoIdentity });
  iot = new IoTClient({ ...options, endpoint: endpoints.iot });
  provisioner = createProvisioner({
    config: readProvisionerConfig({
      AWS_REGION: region,
      STEPCAST_ACCOUNT_ID: accountId,
      STEPCAST_IDENTITY_POOL_ID: identityPoolId,
      STEPCAST_USER_POOL_ID: userPoolId,
      STEPCAST_USER_POOL_CLIENT_ID: userPoolClientId,
      STEPCAST_JWKS_URL: endpoints.jwks,
    }),
    clients: {
      iot,
      cognitoIdentity: cognito,
      sfn: new SFNClient({ ...options, endpoint: endpoints.stepFunctions }),
    },
    clock: systemClock,
    timers: systemTimers,
    logger: silentLogger,
    metrics: createMetrics('test_'),
  });
});
afterAll(async () => {
  cognito.destroy();
  iot.destroy();
  await sandbox.stop();
});

const policyName = () => sandbox.info.iotPolicyName;
const targets = async () =>
  (await iot.send(new ListTargetsForPolicyCommand({ policyName: policyName() }))).targets ?? [];

describe('the provisioner against emulated Cognito and IoT', () => {
  it('mends drift both ways: who lost the policy has it again, and of who was deleted nothing is left', async () => {
    const alice = await signedInActor(sandbox, 'alice');
    const bob = await signedInActor(sandbox, 'bob');
    await guestActor(sandbox, 'guest');
    await alice.provision();
    await bob.provision();
    expect([...(await targets())].toSorted()).toEqual([alice.identityId, bob.identityId].toSorted());

    await iot.send(new DetachPolicyCommand({ policyName: policyName(), target: alice.identityId }));
    await cognito.send(new DeleteIdentitiesCommand({ IdentityIdsToDelete: [bob.identityId] }));
    await expect(provisioner.reconcile()).resolves.toEqual({
      known: 1,
      targets: 1,
      attached: 1,
      swept: 1,
      foreign: 0,
      failed: 0,
    });
    await expect(targets()).resolves.toEqual([alice.identityId]);
    await expect(connects(alice)).resolves.toBe(true);
  });

  it('provisions by a recorded login what Cognito confirms, and nothing that it does not know', async () => {
    const bob = await signedInActor(sandbox, 'bob');
    await expect(provisioner.firstLogin({ identityId: bob.identityId })).resolves.toBe('attached');
    await expect(connects(bob)).resolves.toBe(true);
    const nobody = IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f');
    await expect(provisioner.firstLogin({ identityId: nobody })).resolves.toBe('ignored');
    const guest = await guestActor(sandbox, 'guest');
    await expect(provisioner.firstLogin({ identityId: guest.identityId })).resolves.toBe('ignored');
    await expect(targets()).resolves.not.toContain(nobody);
  });

  it('takes the policy from the identity that is named', async () => {
    const bob = await signedInActor(sandbox, 'bob');
    const { broker } = sandbox.emulation;
    const deprovision = provisioner.deprovision({
      // The sandbox's control plane has no DeleteConnection; its broker can.
      cut: (clientId) => Promise.resolve(broker.disconnect(clientId) > 0),
    });
    await expect(deprovision(bob.identityId, [])).resolves.toEqual({ connectionsCut: 0 });
    await expect(connects(bob)).resolves.toBe(false);
  });

  it('adds role mappings and keeps guests and the mappings of others', async () => {
    const { identityPoolId, userPoolClientId, userPoolId, region, accountId } = sandbox.info;
    const pool = { IdentityPoolId: identityPoolId };
    const before = await cognito.send(new GetIdentityPoolRolesCommand(pool));
    const theirs = {
      Type: 'Token' as const,
      AmbiguousRoleResolution: 'Deny' as const,
    };
    await cognito.send(
      new SetIdentityPoolRolesCommand({
        ...pool,
        Roles: before.Roles,
        RoleMappings: { 'idp.example:client': theirs },
      }),
    );
    const provider = `cognito-idp.${region}.amazonaws.com/${userPoolId}:${userPoolClientId}`;
    const speaker = `arn:aws:iam::${accountId}:role/stepcast-speaker`;
    const wanted = { provider, groups: [{ group: 'speakers', roleArn: speaker }] };
    await expect(
      Promise.all([provisioner.extendPoolRoles(wanted), provisioner.extendPoolRoles(wanted)]),
    ).resolves.toEqual(['changed', 'unchanged']);
    const after = await cognito.send(new GetIdentityPoolRolesCommand(pool));
    expect(after.Roles).toEqual(before.Roles);
    expect(after.Roles).toHaveProperty('unauthenticated');
    expect(after.RoleMappings).toEqual({
      'idp.example:client': theirs,
      [provider]: {
        Type: 'Rules',
        AmbiguousRoleResolution: 'AuthenticatedRole',
        RulesConfiguration: {
          Rules: [{ Claim: 'cognito:groups', MatchType: 'Contains', Value: 'speakers', RoleARN: speaker }],
        },
      },
    });
    // A person in no such group still gets credentials of the authenticated role.
    const alice = await signedInActor(sandbox, 'alice');
    await expect(connects(alice)).resolves.toBe(true);
  });
});

async function connects(actor: Awaited<ReturnType<typeof signedInActor>>): Promise<boolean> {
  try {
    const client = await actor.connect(`${actor.identityId}-drift`);
    await client.endAsync();
    return true;
  } catch {
    return false;
  }
}
