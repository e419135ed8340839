import { PolicyRequestError } from '../errors.ts';
import { evaluate, IOT_POLICY_ACTIONS, type Evaluation, type PolicySet } from '../evaluate/evaluate.ts';
import { type CompiledPolicy } from '../evaluate/compile.ts';
import { type RequestContext } from '../evaluate/context.ts';
import { hintsOf, type Hint } from '../explain/hints.ts';
import { reasonOf } from '../explain/text.ts';
import {
  COGNITO_IDENTITY,
  COGNITO_KEYS,
  roleArnOf,
  sessionArnOf,
  type IdentityPrincipal,
  type Principal,
  type ServicePrincipal,
} from './principal.ts';

/** Where the policies in force are found. Each is asked on every decision: the owner of the documents compiles them once, when they are stored. */
export interface PolicySources {
  /** Every policy of a role, inline and attached; empty for an unknown role. */
  rolePolicies(roleName: string): readonly CompiledPolicy[];
  /** The IoT policies attached to an identity. */
  iotPolicies(identityId: string): readonly CompiledPolicy[];
  bucketPolicy(bucket: string): CompiledPolicy | undefined;
  /** Session policies of the credentials, such as the scope-down of guests; `undefined` when none limits them. */
  sessionPolicies(principal: IdentityPrincipal | ServicePrincipal): readonly CompiledPolicy[] | undefined;
}

export interface AuthorizationModelOptions {
  /** Default `aws`. */
  readonly partition?: string;
  /** Fills `aws:RequestedRegion`; absent when not given. */
  readonly region?: string;
}

/** As the sandbox's `AuthorizationRequest`. */
export interface AuthorizationQuestion {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: string;
  readonly context: RequestContext;
}

export interface ModelDecision {
  readonly allowed: boolean;
  /** In AWS's words where it has some. */
  readonly reason: string;
  readonly explanation: Explanation;
}

/** Why, for programs and people. `evaluation` is absent where no policy was asked (root). */
export interface Explanation {
  readonly evaluation: Evaluation | undefined;
  readonly hints: readonly Hint[];
}

export interface AuthorizationModel {
  /** @throws PolicyRequestError when the question itself is wrong; refuse then */
  decide(question: AuthorizationQuestion): ModelDecision;
}

/** Keys that follow from the principal; a caller that gives one would speak for somebody else. */
const derivedKeys: ReadonlySet<string> = new Set(
  [
    ...COGNITO_KEYS,
    'aws:PrincipalArn',
    'aws:PrincipalAccount',
    'aws:PrincipalType',
    'aws:FederatedProvider',
  ].map((key) => key.toLowerCase()),
);

/**
 * Decides by policy documents, for every kind of caller:
 *
 * | caller | decided by |
 * |---|---|
 * | root | always allowed: the operator |
 * | service | its role, united with the bucket policy |
 * | authenticated identity | its role, united with the bucket policy; for the seven IoT data actions cut with its IoT policies |
 * | guest | its role cut with the session policies; IoT policies do not take part |
 * | anonymous | the bucket policy alone |
 */
export function createAuthorizationModel(
  sources: PolicySources,
  { partition = 'aws', region }: AuthorizationModelOptions = {},
): AuthorizationModel {
  function policiesFor(
    principal: Exclude<Principal, { kind: 'root' }>,
    action: string,
    resource: string,
  ): PolicySet {
    const bucket = bucketOf(resource);
    const policy = bucket === undefined ? undefined : sources.bucketPolicy(bucket);
    const ofBucket = policy === undefined ? [] : [policy];
    if (principal.kind === 'anonymous') return { identity: [], resource: ofBucket };
    const session = sources.sessionPolicies(principal);
    return {
      identity: sources.rolePolicies(principal.roleName),
      resource: ofBucket,
      ...(session === undefined ? {} : { session }),
      ...(principal.kind === 'identity' &&
      principal.authenticated &&
      IOT_POLICY_ACTIONS.has(action.toLowerCase())
        ? { iot: sources.iotPolicies(principal.identityId) }
        : {}),
    };
  }

  function contextFor(
    principal: Exclude<Principal, { kind: 'root' }>,
    given: RequestContext,
  ): RequestContext {
    const taken = Object.keys(given).find((key) => derivedKeys.has(key.toLowerCase()));
    if (taken !== undefined)
      throw new PolicyRequestError(
        `the context key "${taken}" follows from the principal and cannot be given`,
      );
    const givesTransport = Object.keys(given).some((key) => key.toLowerCase() === 'aws:securetransport');
    return {
      ...(region === undefined || 'aws:RequestedRegion' in given ? {} : { 'aws:RequestedRegion': region }),
      // The sandbox speaks plain http on loopback, where AWS's endpoints speak TLS. Without this the bucket policy's
      // deny on plain http would refuse every call; a caller that wants to see that deny gives "false" itself.
      ...(givesTransport ? {} : { 'aws:SecureTransport': 'true' }),
      ...given,
      ...(principal.kind === 'anonymous'
        ? { 'aws:PrincipalType': 'Anonymous' }
        : {
            'aws:PrincipalArn': roleArnOf(principal, partition),
            'aws:PrincipalAccount': principal.accountId,
            'aws:PrincipalType': 'AssumedRole',
          }),
      ...(principal.kind === 'identity'
        ? {
            [`${COGNITO_IDENTITY}:sub`]: principal.identityId,
            [`${COGNITO_IDENTITY}:aud`]: principal.identityPoolId,
            [`${COGNITO_IDENTITY}:amr`]: principal.amr,
            'aws:FederatedProvider': COGNITO_IDENTITY,
          }
        : {}),
    };
  }

  return {
    decide({ principal, action, resource, context }) {
      if (principal.kind === 'root')
        return {
          allowed: true,
          reason: 'the operator is allowed everything',
          explanation: { evaluation: undefined, hints: [] },
        };
      const policies = policiesFor(principal, action, resource);
      const evaluation = evaluate(policies, {
        action,
        resource,
        context: contextFor(principal, context),
        principal:
          principal.kind === 'anonymous'
            ? {}
            : {
                accountId: principal.accountId,
                roleArn: roleArnOf(principal, partition),
                sessionArn: sessionArnOf(principal, partition),
              },
        // "Available when the user is authenticated": resource policies do not see the keys of a guest.
        // Source: IAM user guide, "cross-service web identity federation context keys".
        withheldFromResourcePolicies:
          principal.kind === 'identity' && !principal.authenticated ? COGNITO_KEYS : [],
      });
      const missing = evaluation.missing;
      return {
        allowed: evaluation.allowed,
        reason: reasonOf(evaluation),
        explanation: {
          evaluation,
          hints: hintsOf(
            evaluation,
            missing === undefined || missing === 'resource' ? undefined : policies[missing]?.length,
          ),
        },
      };
    },
  };
}

/** The bucket of an S3 ARN, of the bucket itself or of an object in it. */
function bucketOf(resource: string): string | undefined {
  return /^arn:[^:]*:s3:::([^/]+)/.exec(resource)?.[1];
}
