import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { IAMClient } from '@aws-sdk/client-iam';
import { createIamRoles } from './iam-roles.adapter.ts';
import { openAwsWire, policy, xmlError, type AwsWire } from '../testing/aws-wire.ts';

let wire: AwsWire;

beforeAll(async () => {
  wire = await openAwsWire();
});
beforeEach(() => wire.reset());
afterAll(() => wire.close());

describe('roles', () => {
  it('come with their trust and every document, decoded, inline and managed', async () => {
    wire.replies.set('GetRole', {
      body: `<GetRoleResponse><GetRoleResult><Role><RoleName>app</RoleName><Arn>arn:aws:iam::111122223333:role/x/app</Arn><AssumeRolePolicyDocument>${encodeURIComponent(policy('sts:AssumeRole'))}</AssumeRolePolicyDocument></Role></GetRoleResult></GetRoleResponse>`,
    });
    wire.replies.set('ListRolePolicies', {
      body: '<ListRolePoliciesResponse><ListRolePoliciesResult><PolicyNames><member>own</member></PolicyNames><IsTruncated>false</IsTruncated></ListRolePoliciesResult></ListRolePoliciesResponse>',
    });
    wire.replies.set('GetRolePolicy', {
      body: `<GetRolePolicyResponse><GetRolePolicyResult><PolicyDocument>${encodeURIComponent(policy('s3:GetObject'))}</PolicyDocument></GetRolePolicyResult></GetRolePolicyResponse>`,
    });
    wire.replies.set('ListAttachedRolePolicies', {
      body: '<ListAttachedRolePoliciesResponse><ListAttachedRolePoliciesResult><AttachedPolicies><member><PolicyName>AWSIoTConfigAccess</PolicyName><PolicyArn>arn:aws:iam::aws:policy/AWSIoTConfigAccess</PolicyArn></member></AttachedPolicies></ListAttachedRolePoliciesResult></ListAttachedRolePoliciesResponse>',
    });
    wire.replies.set('GetPolicy', {
      body: '<GetPolicyResponse><GetPolicyResult><Policy><DefaultVersionId>v9</DefaultVersionId></Policy></GetPolicyResult></GetPolicyResponse>',
    });
    wire.replies.set('GetPolicyVersion', {
      body: `<GetPolicyVersionResponse><GetPolicyVersionResult><PolicyVersion><Document>${encodeURIComponent(policy('iot:AttachPolicy'))}</Document></PolicyVersion></GetPolicyVersionResult></GetPolicyVersionResponse>`,
    });
    const arn = 'arn:aws:iam::111122223333:role/x/app';
    expect(await createIamRoles(new IAMClient(wire.options())).role(arn)).toMatchObject({
      state: 'known',
      value: {
        found: true,
        value: {
          name: 'app',
          trust: { Statement: [{ Action: 'sts:AssumeRole' }] },
          policies: [
            { name: 'own', document: { Statement: [{ Action: 's3:GetObject' }] } },
            {
              name: 'AWSIoTConfigAccess',
              arn: 'arn:aws:iam::aws:policy/AWSIoTConfigAccess',
              document: { Statement: [{ Action: 'iot:AttachPolicy' }] },
            },
          ],
        },
      },
    });
    expect(wire.asked.find(({ operation }) => operation === 'GetPolicyVersion')?.body).toContain(
      'VersionId=v9',
    );
  });

  it('are not found, or could not be asked for', async () => {
    const roles = createIamRoles(new IAMClient(wire.options()));
    wire.replies.set('GetRole', xmlError('NoSuchEntity', 404));
    expect(await roles.role('arn:aws:iam::111122223333:role/gone')).toEqual({
      state: 'known',
      value: { found: false },
    });
    wire.replies.set('GetRole', xmlError('AccessDenied', 403));
    expect(await roles.role('arn:aws:iam::111122223333:role/gone')).toMatchObject({
      state: 'unavailable',
      reason: expect.stringContaining('not allowed to look'),
    });
  });
});
