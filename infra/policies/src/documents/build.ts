import { PolicyConfigError } from '../errors.ts';
import { policySize, type PolicyDocument, type PolicyStatement } from '../document.ts';
import { arnsOf } from './arns.ts';
import { bucketPolicy } from './bucket-policy.ts';
import { iotStatements, kvsStatements, s3Statements, signedApiStatements } from './identity-statements.ts';
import { resolveConfig, type PolicyConfig } from './policy-config.ts';
import {
  correlatorPolicy,
  enginePolicy,
  forwarderPolicy,
  provisionerPolicy,
  publisherPolicy,
  reconcileFunctionPolicy,
  requestFunctionPolicy,
  firstLoginsFunctionPolicy,
  type ProvisionerFunction,
  type ServiceName,
} from './service-policies.ts';
import { identityTrust, serviceTrust } from './trust-policies.ts';

/** A role: its name, who may take it, and its one inline policy. */
export interface BuiltRole {
  readonly roleName: string;
  readonly trust: PolicyDocument;
  readonly policyName: string;
  readonly document: PolicyDocument;
}

export interface BuiltPolicies {
  readonly authenticated: BuiltRole;
  readonly guest: BuiltRole;
  /** Roles of role mappings; absent when the configuration names none. */
  readonly speaker: BuiltRole | undefined;
  readonly listener: BuiltRole | undefined;
  /** Attached to every authenticated identity by the provisioner. */
  readonly iotPolicy: { readonly name: string; readonly document: PolicyDocument };
  readonly bucketPolicy: PolicyDocument;
  readonly services: Readonly<Record<ServiceName, BuiltRole>>;
  /** Role of the function that answers signed requests; absent when the configuration names no API for them. */
  readonly signedProvisioner: BuiltRole | undefined;
  /**
   * Roles of the provisioner's functions, of first logins where these are taken. A deployment has these; `services.provisioner` is
   * the role of a provisioner that runs as one process, as in the sandbox.
   */
  readonly provisionerFunctions: Readonly<Record<Exclude<ProvisionerFunction, 'firstLogins'>, BuiltRole>> & {
    readonly firstLogins: BuiltRole | undefined;
  };
}

/** AWS IoT Core takes policies of at most 2,048 characters, white space not counted. */
export const IOT_POLICY_MAX_CHARACTERS = 2048;
/** All inline policies of a role together. Source: IAM user guide "IAM and AWS STS quotas". */
export const ROLE_POLICY_MAX_CHARACTERS = 10_240;
/** Source: S3 user guide "Bucket policies": 20 KB. */
export const BUCKET_POLICY_MAX_BYTES = 20_480;

/**
 * Every policy document of a deployment, from its configuration. The same call gives the same documents: infrastructure
 * synthesizes from it, the sandbox enforces it, the doctor compares with it.
 * @throws PolicyConfigError
 */
export function buildPolicies(config: PolicyConfig): BuiltPolicies {
  const resolved = resolveConfig(config);
  const arns = arnsOf(resolved);
  const { kvs, guestUploads, signedApi, names } = resolved;
  const document = (...statements: readonly (readonly PolicyStatement[])[]): PolicyDocument => ({
    Version: '2012-10-17',
    Statement: statements.flat(),
  });

  const identityRole = (roleName: string, kvsRole: 'none' | 'listener' | 'speaker'): BuiltRole => ({
    roleName,
    trust: identityTrust(resolved, 'authenticated'),
    policyName: roleName,
    document: document(
      iotStatements(resolved, arns),
      s3Statements(resolved, arns),
      signedApiStatements(resolved, arns),
      kvs === undefined || kvsRole === 'none' ? [] : kvsStatements(kvsRole, kvs.channelPattern, arns),
    ),
  });
  const roleOf = (host: 'ecs-tasks' | 'lambda', roleName: string, policy: PolicyDocument): BuiltRole => ({
    roleName,
    trust: serviceTrust(resolved, host),
    policyName: roleName,
    document: policy,
  });
  const serviceRole = (service: ServiceName, policy: PolicyDocument): BuiltRole =>
    roleOf(service === 'forwarder' ? 'lambda' : 'ecs-tasks', names.role(service), policy);

  const { byToken, reconcile, firstLogins } = names.provisionerFunctions;

  const built: BuiltPolicies = {
    authenticated: identityRole(resolved.authenticatedRoleName, kvs?.authenticated ?? 'none'),
    guest: {
      roleName: resolved.guestRoleName,
      trust: identityTrust(resolved, 'unauthenticated'),
      policyName: resolved.guestRoleName,
      document: document(iotStatements(resolved, arns), guestUploads ? s3Statements(resolved, arns) : []),
    },
    speaker: kvs?.speakerRoleName === undefined ? undefined : identityRole(kvs.speakerRoleName, 'speaker'),
    listener:
      kvs?.listenerRoleName === undefined ? undefined : identityRole(kvs.listenerRoleName, 'listener'),
    iotPolicy: { name: resolved.iotPolicyName, document: document(iotStatements(resolved, arns)) },
    bucketPolicy: bucketPolicy(resolved, arns),
    services: {
      forwarder: serviceRole('forwarder', forwarderPolicy(resolved, arns)),
      correlator: serviceRole('correlator', correlatorPolicy(resolved, arns)),
      publisher: serviceRole('publisher', publisherPolicy(resolved, arns)),
      provisioner: serviceRole('provisioner', provisionerPolicy(resolved, arns)),
      engine: serviceRole('engine', enginePolicy(resolved, arns)),
    },
    signedProvisioner:
      signedApi === undefined
        ? undefined
        : roleOf(
            'lambda',
            names.roleOf(names.signedProvisioner),
            requestFunctionPolicy(names.signedProvisioner, resolved, arns),
          ),
    provisionerFunctions: {
      byToken: roleOf('lambda', names.roleOf(byToken), requestFunctionPolicy(byToken, resolved, arns)),
      reconcile: roleOf('lambda', names.roleOf(reconcile), reconcileFunctionPolicy(resolved, arns)),
      firstLogins: resolved.services.firstLogins
        ? roleOf('lambda', names.roleOf(firstLogins), firstLoginsFunctionPolicy(resolved, arns))
        : undefined,
    },
  };
  checkSizes(built);
  return built;
}

function checkSizes({
  iotPolicy,
  bucketPolicy: ofBucket,
  services,
  authenticated,
  guest,
  speaker,
  listener,
  signedProvisioner,
  provisionerFunctions,
}: BuiltPolicies): void {
  const check = (what: string, document: PolicyDocument, limit: number) => {
    const size = policySize(document);
    if (size > limit)
      throw new PolicyConfigError(
        what,
        `the document has ${size} characters, AWS takes ${limit}; use shorter or fewer names`,
      );
  };
  check('iotPolicy', iotPolicy.document, IOT_POLICY_MAX_CHARACTERS);
  check('bucketPolicy', ofBucket, BUCKET_POLICY_MAX_BYTES);
  for (const role of [
    authenticated,
    guest,
    speaker,
    listener,
    signedProvisioner,
    ...Object.values(services),
    ...Object.values(provisionerFunctions),
  ])
    if (role !== undefined) check(role.roleName, role.document, ROLE_POLICY_MAX_CHARACTERS);
}
