import { afterAll, describe, expect, it } from 'vitest';
import { DEPLOYED, synthesize, VARIANTS } from './testing/index.ts';

const { identityPoolId, userPoolId, userPoolClientId, region, accountId } = DEPLOYED;
/** As `stepcast destroy` prints it. */
const LEFT = {
  bucket: `stepcast-uploads-${accountId}-${region}`,
  journalTable: 'stepcast-journal',
  userPool: { userPoolId, userPoolClientId },
  identityPool: { identityPoolId, newRoles: true as const },
};
const synthesized = synthesize({
  first: VARIANTS.plain,
  again: { ...VARIANTS.plain, ...LEFT },
  protectedOnes: { ...VARIANTS.plain, deletionProtection: true },
  noIdentity: { ...VARIANTS.plain, bucketDenies: 'withoutIdentity' },
  kvsBeside: {
    ...VARIANTS.existing,
    kvs: {
      channelPattern: 'session-*',
      speakerRoleName: 'web-app-speaker',
      listenerRoleName: 'web-app-listener',
    },
  },
});
afterAll(() => {
  synthesized.remove();
});
const HOLDS_DATA = [
  'AWS::Cognito::IdentityPool',
  'AWS::Cognito::UserPool',
  'AWS::Cognito::UserPoolClient',
  'AWS::DynamoDB::Table',
  'AWS::S3::Bucket',
];

describe('a first deployment', () => {
  const template = synthesized.template('first');

  it('leaves what holds data of people when it is deleted, and nothing when it fails', () => {
    expect(template.retained().toSorted()).toEqual(HOLDS_DATA);
  });

  it('protects nothing from the roll-back of a failed creation', () => {
    expect(template.one('AWS::DynamoDB::Table')['DeletionProtectionEnabled']).not.toBe(true);
    expect(template.one('AWS::Cognito::UserPool')['DeletionProtection']).not.toBe('ACTIVE');
  });

  it('protects journal and user pool once the settings ask for it', () => {
    const later = synthesized.template('protectedOnes');
    expect(later.one('AWS::DynamoDB::Table')['DeletionProtectionEnabled']).toBe(true);
    expect(later.one('AWS::Cognito::UserPool')['DeletionProtection']).toBe('ACTIVE');
  });

  it('has a client without OAuth, and recovers accounts by e-mail alone', () => {
    const client = template.one('AWS::Cognito::UserPoolClient');
    expect(client['AllowedOAuthFlows']).toBeUndefined();
    expect(client['CallbackURLs']).toBeUndefined();
    expect(client['AllowedOAuthFlowsUserPoolClient']).toBe(false);
    expect(template.one('AWS::Cognito::UserPool')['AccountRecoverySetting']).toEqual({
      RecoveryMechanisms: [{ Name: 'verified_email', Priority: 1 }],
    });
  });

  it('forgets versions of files that were overwritten or deleted', () => {
    expect(template.one('AWS::S3::Bucket')['LifecycleConfiguration']).toEqual({
      Rules: expect.arrayContaining([
        expect.objectContaining({
          NoncurrentVersionExpiration: { NoncurrentDays: 30 },
          ExpiredObjectDeleteMarker: true,
          Status: 'Enabled',
        }),
      ]),
    });
  });
});

describe('a deployment that takes up what an earlier one left', () => {
  const template = synthesized.template('again');

  it('makes none of it a second time', () => {
    for (const type of HOLDS_DATA) expect([type, template.of(type).length]).toEqual([type, 0]);
  });

  it('makes the roles anew, and they become those of the pool', () => {
    expect(template.one('AWS::Cognito::IdentityPoolRoleAttachment')).toMatchObject({
      IdentityPoolId: identityPoolId,
      Roles: { authenticated: `arn:aws:iam::${accountId}:role/stepcast-authenticated-${region}` },
    });
  });

  it('gives its services the journal, and has the outputs that the first one had', () => {
    const tasks = JSON.stringify(template.of('AWS::ECS::TaskDefinition'));
    expect(tasks).toContain('{"Name":"STEPCAST_JOURNAL_TABLE","Value":"stepcast-journal"}');
    const { outputs } = synthesized.template('first');
    expect(template.outputs).toMatchObject({
      Bucket: outputs['Bucket'],
      JournalTable: outputs['JournalTable'],
      UserPoolId: outputs['UserPoolId'],
      UserPoolClientId: outputs['UserPoolClientId'],
      IdentityPoolId: outputs['IdentityPoolId'],
      IdentityPoolRoles: 'new',
    });
    expect(outputs['IdentityPoolRoles']).toBe('new');
  });
});

describe('what is beside it', () => {
  it('a bucket policy without what rests on Cognito’s key denies guests and plain HTTP only', () => {
    const policy = JSON.stringify(synthesized.template('noIdentity').one('AWS::S3::BucketPolicy'));
    expect([...policy.matchAll(/"Sid":"(\w+)"/g)].map(([, sid]) => sid)).toEqual([
      'TlsOnly',
      'GuestsNothing',
    ]);
    expect(policy).not.toContain('cognito-identity.amazonaws.com');
  });

  it('roles for speakers and listeners of a pool that exists are extended, not left out', () => {
    const extended = synthesized
      .template('kvsBeside')
      .of('AWS::IAM::RolePolicy')
      .map(({ properties }) => [properties['RoleName'], JSON.stringify(properties['PolicyDocument'])]);
    expect(
      new Map(extended.map(([name, document]) => [name, document?.toString().includes('ConnectAsMaster')])),
    ).toEqual(
      new Map([
        ['web-app-signed-in', false],
        ['web-app-guest', false],
        ['web-app-speaker', true],
        ['web-app-listener', false],
      ]),
    );
  });

  it('has one policy in a role for each stage and region', () => {
    const names = synthesized
      .template('kvsBeside')
      .of('AWS::IAM::RolePolicy')
      .map(({ properties }) => properties['PolicyName']);
    expect(new Set(names)).toEqual(new Set([`stepcast-${region}`]));
  });
});
