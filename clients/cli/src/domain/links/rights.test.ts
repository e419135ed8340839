import { describe, expect, it } from 'vitest';
import { authenticatedRole, BUCKET, built, judge, withRoles } from '../../testing/fixtures.ts';
import { allow, policy } from '../../testing/documents.ts';
import { expectBroken } from '../../testing/expect-broken.ts';
import { withDocument, without } from '../../testing/authenticated-role.ts';

describe('role.admin', () => {
  it('finds AWSIoTConfigAccess on the role of signed-in people, and detaches it', () => {
    const arn = 'arn:aws:iam::aws:policy/AWSIoTConfigAccess';
    const result = expectBroken('role.admin', {
      chain: {
        roles: withRoles({
          ...authenticatedRole,
          policies: [
            ...authenticatedRole.policies,
            {
              name: 'AWSIoTConfigAccess',
              arn,
              document: policy(allow(['iot:AttachPolicy', 'iot:CreatePolicy'], '*')),
            },
          ],
        }),
      },
      says: /every signed-in person may attach any IoT policy to any identity/,
      repair:
        /detach-role-policy --role-name stepcast-authenticated --policy-arn arn:aws:iam::aws:policy\/AWSIoTConfigAccess/,
    });
    expect(result.severity).toBe('critical');
  });

  it('finds rights of an administrator in an inline policy of any name', () => {
    expectBroken('role.admin', {
      chain: {
        roles: withRoles({
          ...authenticatedRole,
          policies: [...authenticatedRole.policies, { name: 'misc', document: policy(allow('iot:*', '*')) }],
        }),
      },
      says: /misc of stepcast-authenticated allows iot:AttachPolicy, iot:CreatePolicy, iot:DeleteConnection/,
      repair: /delete-role-policy --role-name stepcast-authenticated --policy-name misc/,
    });
  });

  it('does not call a role harmless when one of its policies could not be read', () => {
    expect(judge('role.admin', withDocument({ Version: '2012-10-17', Statement: 'odd' }))).toMatchObject({
      verdict: 'couldNotCheck',
    });
  });
});

describe('role.iot and role.s3', () => {
  it('names the MQTT rights that the role lacks', () => {
    expectBroken('role.iot', {
      chain: withDocument(without('SubscribeOwnTopics', 'ConnectAsSelf')),
      says: /does not allow iot:Connect, iot:Subscribe/,
      repair: /--policy-name stepcast-iot/,
    });
  });

  it('explains a topic in place of a topic filter', () => {
    expectBroken('role.iot', {
      chain: withDocument(
        policy(
          ...without('SubscribeOwnTopics').Statement,
          allow(
            'iot:Subscribe',
            'arn:aws:iot:us-east-1:111122223333:topic/stepcast/v1/${cognito-identity.amazonaws.com:sub}/*',
          ),
        ),
      ),
      says: /likely: iot:Subscribe is decided on topicfilter/,
      repair: /stepcast-iot/,
    });
  });

  it('names the S3 rights that the role lacks', () => {
    expectBroken('role.s3', {
      chain: withDocument(without('OwnObjects')),
      says: /does not allow s3:PutObject, s3:GetObject, s3:DeleteObject, s3:AbortMultipartUpload/,
      repair: /--policy-name stepcast-s3/,
    });
  });

  it('explains variables that are plain text because of the version', () => {
    expectBroken('role.s3', {
      chain: withDocument({ ...built.authenticated.document, Version: '2008-10-17' }),
      says: /is plain text in this document: its Version is not 2012-10-17/,
      repair: /put-role-policy/,
    });
  });

  it('cannot print the policy without account, pool and bucket, and says what to give', () => {
    expectBroken('role.iot', {
      chain: withDocument(without('ConnectAsSelf')),
      setup: { accountId: undefined },
      says: /does not allow/,
      repair: /give --account-id/,
      mends: false,
    });
  });
});

describe('role.isolation', () => {
  it('finds a role that reaches everybody’s files and topics', () => {
    const result = expectBroken('role.isolation', {
      chain: withDocument(
        policy(allow('s3:*', `arn:aws:s3:::${BUCKET}/users/*`), allow(['iot:Subscribe', 'iot:Receive'], '*')),
      ),
      says: /s3:GetObject on .*f0f0f0f0.* is allowed/,
      repair: /put-role-policy/,
    });
    expect(result).toMatchObject({ severity: 'critical' });
    expect(result.evidence.join('\n')).toMatch(/iot:Subscribe on .*topicfilter\/#/);
  });

  it('detaches a managed policy that allows it', () => {
    const managed = {
      name: 'AWSIoTDataAccess',
      arn: 'arn:aws:iam::aws:policy/AWSIoTDataAccess',
      document: policy(allow(['iot:Connect', 'iot:Publish', 'iot:Subscribe', 'iot:Receive'], '*')),
    };
    expectBroken('role.isolation', {
      chain: {
        roles: withRoles({ ...authenticatedRole, policies: [...authenticatedRole.policies, managed] }),
      },
      says: /AWSIoTDataAccess/,
      repair:
        /detach-role-policy --role-name stepcast-authenticated --policy-arn arn:aws:iam::aws:policy\/AWSIoTDataAccess/,
    });
  });
});
