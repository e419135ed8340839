/**
 * The policies that Stepcast ships, and their evaluation. Pure: no I/O, no AWS SDK.
 *
 * - `buildPolicies(config)` makes every document; infrastructure deploys them, the sandbox enforces them.
 * - `compilePolicy(document)` and `evaluate(policies, request)` decide by documents, ours or anybody's.
 * - `createAuthorizationModel(sources)` decides for a principal: who is limited by what, with which context keys.
 */
export * from './document.ts';
export * from './errors.ts';
export {
  compilePolicy,
  type CompiledPolicy,
  type CompileOptions,
  type PolicyKind,
} from './evaluate/compile.ts';
export { findConditionKey, type ConditionKey } from './evaluate/condition-keys.ts';
export { type RequestContext } from './evaluate/context.ts';
export {
  evaluate,
  IOT_POLICY_ACTIONS,
  type Evaluation,
  type Layer,
  type NearMiss,
  type PolicyRequest,
  type PolicySet,
  type StatementRef,
} from './evaluate/evaluate.ts';
export { OPERATOR_NAMES } from './evaluate/operators.ts';
export { type RequestPrincipal } from './evaluate/principal-match.ts';
export { type Failure } from './evaluate/statement.ts';
export { hasMqttWildcard, hintsOf, type Hint } from './explain/hints.ts';
export {
  accessDeniedMessage,
  describeEvaluation,
  describeFailure,
  describeRef,
  reasonOf,
} from './explain/text.ts';
export * from './model/authorization-model.ts';
export {
  roleArnOf,
  sessionArnOf,
  type IdentityPrincipal,
  type Principal,
  type ServicePrincipal,
} from './model/principal.ts';
export { IDENTITY_VARIABLE } from './documents/arns.ts';
export {
  BUCKET_POLICY_MAX_BYTES,
  buildPolicies,
  IOT_POLICY_MAX_CHARACTERS,
  ROLE_POLICY_MAX_CHARACTERS,
  type BuiltPolicies,
  type BuiltRole,
} from './documents/build.ts';
export { GUEST_SCOPE_DOWN } from './documents/guest-scope-down.ts';
export {
  BY_HAND,
  OPERATOR_COMMANDS,
  OPERATOR_GRANTS,
  type Grant,
  type OperatorCommand,
} from './documents/operator/grants.ts';
export { operatorPolicy } from './documents/operator/operator-policy.ts';
export {
  OPERATOR_CLIENT_ID_PREFIX,
  OPERATOR_ROLE_NAME,
  operatorResources,
  type OperatorScope,
} from './documents/operator/resources.ts';
export {
  type BucketDenies,
  type KvsConfig,
  type PolicyConfig,
  type ServiceConfig,
  type SignedApiConfig,
} from './documents/policy-config.ts';
export { type ProvisionerFunction, type ServiceName } from './documents/service-policies.ts';
