import { type PolicyDocument, type PolicyStatement } from '../document.ts';
import { IDENTITY_VARIABLE, type Arns } from './arns.ts';
import { type ResolvedConfig } from './policy-config.ts';

/**
 * The bucket policy: explicit denies only, a second fence behind the role policies. It grants nothing, because in one
 * account the role policy alone is enough, and an allow for `users/*` would open everybody's files to everybody.
 *
 * Every deny of a prefix is scoped by `aws:PrincipalArn` to the roles of the pool: without that scope it would shut out
 * administrators and the workflow, whose requests carry no Cognito identity. A variable without a value matches nothing,
 * so inside the scope a request without an identity is denied everything.
 *
 * That rests on Cognito's key being there for resource policies, which no live account has shown yet: `bucketDenies` leaves
 * those statements out.
 */
export function bucketPolicy(config: ResolvedConfig, arns: Arns): PolicyDocument {
  const { authenticatedRoleName, guestRoleName, kvs, guestUploads, keys, bucketDenies } = config;
  const authenticated = [authenticatedRoleName, kvs?.speakerRoleName, kvs?.listenerRoleName]
    .filter((name) => name !== undefined)
    .map((name) => arns.role(name));
  const prefix = keys.policyPrefix(IDENTITY_VARIABLE);
  const isAuthenticatedRole = { ArnEquals: { 'aws:PrincipalArn': authenticated } };
  const ofIdentities: readonly PolicyStatement[] = [
    {
      Sid: 'IdentitiesOnlyOwnObjects',
      Effect: 'Deny',
      Principal: '*',
      // Neither of the last two has "Object" in its name.
      Action: ['s3:*Object*', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
      NotResource: arns.objectsBelow(prefix),
      Condition: isAuthenticatedRole,
    },
    {
      Sid: 'IdentitiesOnlyOwnListing',
      Effect: 'Deny',
      Principal: '*',
      Action: ['s3:ListBucket', 's3:ListBucketVersions', 's3:ListBucketMultipartUploads'],
      Resource: arns.bucket,
      Condition: { ...isAuthenticatedRole, StringNotLike: { 's3:prefix': [prefix, `${prefix}*`] } },
    },
    {
      Sid: 'IdentitiesNeedAnIdentity',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: [arns.bucket, arns.objectsBelow('')],
      Condition: { ...isAuthenticatedRole, Null: { 'cognito-identity.amazonaws.com:sub': 'true' } },
    },
  ];
  const ofGuests: readonly PolicyStatement[] = [
    {
      Sid: 'GuestsNothing',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: [arns.bucket, arns.objectsBelow('')],
      Condition: { ArnEquals: { 'aws:PrincipalArn': arns.role(guestRoleName) } },
    },
  ];
  return {
    Version: '2012-10-17',
    Statement: [
      ...(bucketDenies === 'full' ? ofIdentities : []),
      {
        Sid: 'TlsOnly',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [arns.bucket, arns.objectsBelow('')],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      ...(guestUploads ? [] : ofGuests),
    ],
  };
}
