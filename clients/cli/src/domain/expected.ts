import {
  buildPolicies,
  PolicyConfigError,
  type BuiltPolicies,
  type PolicyDocument,
} from '@stepcast/policies';
import { type Setup } from './setup.ts';

const ACCOUNT = '111122223333';

/** The documents that this deployment should have; `undefined` when too little is known to build them. */
export function expectedPolicies(setup: Setup): BuiltPolicies | undefined {
  const { accountId, identityPoolId, bucket, kvs } = setup;
  if (accountId === undefined || identityPoolId === undefined || bucket === undefined) return undefined;
  try {
    return buildPolicies({
      partition: setup.partition,
      region: setup.region,
      accountId,
      bucket,
      keyTemplate: setup.keyTemplate.template,
      topicNamespace: setup.topics.namespace,
      identityPoolId,
      authenticatedRoleName: setup.authenticatedRoleName,
      guestRoleName: setup.guestRoleName,
      iotPolicyName: setup.iotPolicyName,
      ...(kvs === undefined
        ? {}
        : { kvs: { channelPattern: kvs.channelPattern, authenticated: kvs.authenticated } }),
    });
  } catch (thrown) {
    // A name that no safe document can be made of: the link of that name reports it.
    if (thrown instanceof PolicyConfigError) return undefined;
    throw thrown;
  }
}

/** The statements with these Sids, as a document of their own: adding it takes nothing away from what is there. */
export function only(document: PolicyDocument, sids: readonly string[]): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: document.Statement.filter(({ Sid }) => Sid !== undefined && sids.includes(Sid)),
  };
}

/** The account for ARNs, with the one of AWS's examples where it is not known: only its shape matters then. */
export function accountOf(setup: Setup): string {
  return setup.accountId ?? ACCOUNT;
}

export function iotArn(setup: Setup, resource: string): string {
  return `arn:${setup.partition}:iot:${setup.region}:${accountOf(setup)}:${resource}`;
}

export function objectArn(setup: Setup, key: string): string {
  return `arn:${setup.partition}:s3:::${setup.bucket ?? 'bucket'}/${key}`;
}
