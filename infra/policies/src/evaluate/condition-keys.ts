/**
 * The condition keys that are known here. A key outside this list is an error, in a document when it is compiled and in
 * a request when it is asked: a misspelt key in a `Deny` would never match, and in `ForAllValues` always.
 *
 * Sources: IAM user guide "AWS global condition context keys" and "Available keys for AWS OIDC federation"; service
 * authorization reference for S3, DynamoDB, Step Functions and ECS; IoT developer guide "Basic AWS IoT Core policy
 * variables" and "Using connectAttributes".
 */
export interface ConditionKey {
  /** As AWS spells it; comparisons ignore case. */
  readonly name: string;
  /** Several values in one request: needs `ForAllValues` or `ForAnyValue`, and cannot be a policy variable. */
  readonly multiValued: boolean;
}

const singleValued = [
  'aws:CurrentTime',
  'aws:EpochTime',
  'aws:FederatedProvider',
  'aws:MultiFactorAuthPresent',
  'aws:PrincipalAccount',
  'aws:PrincipalArn',
  'aws:PrincipalIsAWSService',
  'aws:PrincipalOrgID',
  'aws:PrincipalType',
  'aws:RequestedRegion',
  'aws:ResourceAccount',
  'aws:SecureTransport',
  'aws:SourceAccount',
  'aws:SourceArn',
  'aws:SourceIp',
  'aws:SourceVpc',
  'aws:SourceVpce',
  'aws:TokenIssueTime',
  'aws:UserAgent',
  'aws:ViaAWSService',
  'aws:userid',
  'aws:username',
  'cognito-identity.amazonaws.com:aud',
  'cognito-identity.amazonaws.com:sub',
  'dynamodb:Select',
  'ecs:cluster',
  'iam:PassedToService',
  'iot:ClientId',
  'iot:Connection.Thing.IsAttached',
  'iot:Connection.Thing.ThingName',
  'iot:Connection.Thing.ThingTypeName',
  'iot:DomainName',
  'iot:LastWillTopic',
  's3:ResourceAccount',
  's3:TlsVersion',
  's3:VersionId',
  's3:authType',
  's3:delimiter',
  's3:max-keys',
  's3:prefix',
  's3:signatureAge',
  's3:signatureversion',
  's3:x-amz-acl',
  's3:x-amz-copy-source',
  's3:x-amz-server-side-encryption',
  's3:x-amz-server-side-encryption-aws-kms-key-id',
  's3:x-amz-storage-class',
  'states:StateMachineQualifier',
  'sts:RoleSessionName',
] as const;

const multiValued = [
  'aws:CalledVia',
  'aws:PrincipalServiceNamesList',
  'aws:TagKeys',
  'cognito-identity.amazonaws.com:amr',
  'dynamodb:Attributes',
  'dynamodb:LeadingKeys',
  'iot:ConnectAttributes',
  's3:RequestObjectTagKeys',
] as const;

/** Families of keys: the part after the slash is a tag that people choose. */
const families = [
  'aws:PrincipalTag/',
  'aws:RequestTag/',
  'aws:ResourceTag/',
  's3:ExistingObjectTag/',
  's3:RequestObjectTag/',
] as const;

const byLowerName = new Map<string, ConditionKey>([
  ...singleValued.map((name): [string, ConditionKey] => [name.toLowerCase(), { name, multiValued: false }]),
  ...multiValued.map((name): [string, ConditionKey] => [name.toLowerCase(), { name, multiValued: true }]),
]);

/** The key of a name, or `undefined` when it is not known. Names of keys do not regard case. */
export function findConditionKey(name: string): ConditionKey | undefined {
  const lower = name.toLowerCase();
  const known = byLowerName.get(lower);
  if (known !== undefined) return known;
  const family = families.find(
    (prefix) => lower.startsWith(prefix.toLowerCase()) && lower.length > prefix.length,
  );
  return family === undefined
    ? undefined
    : { name: `${family}${name.slice(family.length)}`, multiValued: false };
}
