import * as iam from 'aws-cdk-lib/aws-iam';
import { type BuiltRole } from '@stepcast/policies';
import { type Construct } from 'constructs';
import { type Documents } from './documents.ts';

/**
 * A role as `@stepcast/policies` built it. What is returned cannot be changed: a construct that is handed this role adds
 * nothing to what was reviewed and tested.
 */
export function reviewedRole(
  scope: Construct,
  id: string,
  built: BuiltRole,
  documents: Documents,
): iam.IRole {
  const role = new iam.CfnRole(scope, id, {
    roleName: documents.nameInTemplate(built.roleName),
    assumeRolePolicyDocument: documents.inTemplate(built.trust),
    policies: [
      {
        policyName: documents.nameInTemplate(built.policyName),
        policyDocument: documents.inTemplate(built.document),
      },
    ],
  });
  return iam.Role.fromRoleArn(scope, `${id}Reviewed`, role.attrArn, { mutable: false });
}
