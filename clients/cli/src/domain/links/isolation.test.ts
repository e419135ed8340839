import { describe, expect, it } from 'vitest';
import { known } from '../evidence.ts';
import { AUTHENTICATED, BUCKET, found, IDENTITY_ID, judge, notFound } from '../../testing/fixtures.ts';
import { allow, policy } from '../../testing/documents.ts';
import { expectBroken } from '../../testing/expect-broken.ts';

describe('s3.bucketPolicy', () => {
  const open = policy({
    ...allow(['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], `arn:aws:s3:::${BUCKET}/users/*`),
    Sid: 'CognitoIdentityPoolAccess',
    Principal: { AWS: AUTHENTICATED },
  });

  it('finds the policy that opens everybody’s files to everybody', () => {
    const result = expectBroken('s3.bucketPolicy', {
      chain: { bucketPolicy: found<unknown>(open) },
      says: /as one person may reach the files of another/,
      repair: new RegExp(`put-bucket-policy --bucket ${BUCKET}`),
    });
    expect(result.severity).toBe('critical');
    expect(result.evidence.join('\n')).toContain('CognitoIdentityPoolAccess');
  });

  it('finds the principal of a role that was deleted', () => {
    expectBroken('s3.bucketPolicy', {
      chain: {
        bucketPolicy: found<unknown>({
          Version: '2012-10-17',
          Statement: [{ ...open.Statement[0], Principal: { AWS: 'AROAEXAMPLEROLEID0001' } }],
        }),
      },
      says: /role or user that was deleted/,
      repair: /put-bucket-policy/,
    });
  });

  it('finds a deny that shuts people out of their own files', () => {
    expectBroken('s3.bucketPolicy', {
      chain: {
        bucketPolicy: found<unknown>(
          policy({
            Effect: 'Deny',
            Principal: '*',
            Action: 's3:PutObject',
            Resource: `arn:aws:s3:::${BUCKET}/*`,
          }),
        ),
      },
      says: /s3:PutObject .* is refused with an explicit deny in a resource-based policy/,
      repair: /put-bucket-policy/,
    });
  });

  it('needs no bucket policy at all', () => {
    expect(judge('s3.bucketPolicy', { bucketPolicy: notFound })).toMatchObject({ verdict: 'pass' });
  });
});

describe('s3.prefix', () => {
  it('finds user-pool subs in the place of identity IDs', () => {
    expectBroken('s3.prefix', {
      chain: { prefixLevels: known(['1448a458-6061-70ce-fb89-543829daaa9d', IDENTITY_ID]) },
      says: /1 of 2 prefixes below users\/ are GUIDs without a region, which are user-pool subs/,
      repair: /aws cognito-identity get-id/,
      mends: false,
    });
  });
});

describe('s3.probe', () => {
  const probe = (own: 'allowed' | 'denied', foreign: 'allowed' | 'denied') =>
    known({ ownPrefix: 'users/a/', own, foreignPrefix: 'users/b/', foreign, message: 'Access Denied' });
  const setup = { sandboxUrl: 'http://127.0.0.1:4200' };

  it('passes when the own prefix is listed and another’s is refused', () => {
    expect(judge('s3.probe', { prefixProbe: probe('allowed', 'denied') }, setup)).toMatchObject({
      verdict: 'pass',
    });
  });

  it('finds isolation that does not hold, and a person who is refused his own', () => {
    expectBroken('s3.probe', {
      setup,
      chain: { prefixProbe: probe('allowed', 'allowed') },
      says: /users\/b\/ was given to an identity that it does not belong to/,
      repair: /role.isolation/,
      mends: false,
    });
    expectBroken('s3.probe', {
      setup,
      chain: { prefixProbe: probe('denied', 'denied') },
      says: /own prefix users\/a\/ was refused: Access Denied/,
      repair: /stepcast doctor explain/,
      mends: false,
    });
  });
});
