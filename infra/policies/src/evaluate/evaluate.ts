import { type CompiledPolicy, type CompiledStatement } from './compile.ts';
import { readContext, type RequestContext } from './context.ts';
import { type PrincipalNaming, type RequestPrincipal } from './principal-match.ts';
import { applies, failuresOf, type Failure, type Question } from './statement.ts';

/** The layers of policies that a decision is made of. */
export type Layer = 'identity' | 'session' | 'iot' | 'resource';

/**
 * The policies in force for one principal and resource. `session` and `iot` limit: leave them out where they do not
 * take part; an empty list allows nothing.
 */
export interface PolicySet {
  /** Policies of the role. */
  readonly identity: readonly CompiledPolicy[];
  /** The policy of the bucket or other resource, in the same account: an allow in it or in `identity` is enough. */
  readonly resource?: readonly CompiledPolicy[];
  /** Session policies: one of them must allow too. */
  readonly session?: readonly CompiledPolicy[];
  /** IoT policies attached to an authenticated Cognito identity: one must allow too, for {@link IOT_POLICY_ACTIONS}. */
  readonly iot?: readonly CompiledPolicy[];
}

export interface PolicyRequest {
  /** For example `s3:PutObject`. */
  readonly action: string;
  /** ARN, or the bare value where AWS has no ARN. Never a pattern: every character is itself. */
  readonly resource: string;
  readonly context: RequestContext;
  /** Only resource policies read it. */
  readonly principal?: RequestPrincipal;
  /** Context keys that resource policies are not shown. */
  readonly withheldFromResourcePolicies?: readonly string[];
}

/**
 * The actions in which the IoT policies of an authenticated identity take part. For every other IoT action the role
 * decides alone. Source: IoT developer guide, "Authorization with Amazon Cognito identities".
 */
export const IOT_POLICY_ACTIONS: ReadonlySet<string> = new Set(
  [
    'iot:Connect',
    'iot:Publish',
    'iot:Subscribe',
    'iot:Receive',
    'iot:GetThingShadow',
    'iot:UpdateThingShadow',
    'iot:DeleteThingShadow',
  ].map((action) => action.toLowerCase()),
);

/** One statement, named so that people and programs find it. */
export interface StatementRef {
  readonly layer: Layer;
  readonly policy: string;
  /** The Sid, or `#` and the position in the document, counted from 0. */
  readonly statement: string;
  readonly index: number;
  readonly effect: 'Allow' | 'Deny';
}

/** An allow that did not apply although something of it fitted, and what did not. */
export interface NearMiss {
  readonly statement: StatementRef;
  readonly failed: readonly Failure[];
  /** Whether `${…}` is plain text in this document because of its `Version`. */
  readonly variablesArePlainText: boolean;
}

export interface Evaluation {
  readonly allowed: boolean;
  readonly outcome: 'allow' | 'explicitDeny' | 'implicitDeny';
  readonly action: string;
  readonly resource: string;
  /** For a deny, the statement; for an allow, one statement of every layer that had to allow; else empty. */
  readonly decisive: readonly StatementRef[];
  /** For an implicit deny: the layer in which no statement allows. */
  readonly missing: Layer | undefined;
  /** For an implicit deny: statements of that layer (and of the resource policy) that nearly allowed, nearest first. */
  readonly nearMisses: readonly NearMiss[];
}

interface Found {
  readonly ref: StatementRef;
  readonly naming: PrincipalNaming | undefined;
}

const order: readonly Layer[] = ['identity', 'session', 'iot', 'resource'];
const NEAR_MISSES = 5;

/**
 * Decides one request. An explicit deny in any layer wins; else the identity or the resource policy must allow, and
 * so must the session policies and the IoT policies where they take part; else the answer is an implicit deny.
 * Source: IAM user guide "Policy evaluation logic" (same account).
 *
 * @throws PolicyRequestError when the request itself is wrong; the caller must refuse then
 */
export function evaluate(policies: PolicySet, request: PolicyRequest): Evaluation {
  const { action, resource, principal = {} } = request;
  const context = readContext(request.context);
  const withheld = request.withheldFromResourcePolicies ?? [];
  const resourceContext = withheld.length === 0 ? context : readContext(request.context, withheld);
  const question = (layer: Layer): Question => ({
    action,
    resource,
    principal,
    context: layer === 'resource' ? resourceContext : context,
  });
  const iotTakesPart = IOT_POLICY_ACTIONS.has(action.toLowerCase());
  const inForce = (layer: Layer): readonly CompiledPolicy[] | undefined =>
    layer === 'iot' && !iotTakesPart ? undefined : policies[layer];
  const base = { action, resource };

  const found = (
    layer: Layer,
    effect: 'Allow' | 'Deny',
    accept: (naming: PrincipalNaming | undefined) => boolean = () => true,
  ) => firstApplying(layer, effect, inForce(layer) ?? [], question(layer), accept);

  for (const layer of order) {
    const deny = found(layer, 'Deny');
    if (deny !== undefined)
      return {
        ...base,
        allowed: false,
        outcome: 'explicitDeny',
        decisive: [deny.ref],
        missing: undefined,
        nearMisses: [],
      };
  }

  const granting = found('identity', 'Allow') ?? found('resource', 'Allow');
  const decisive: StatementRef[] = [];
  let missing: Layer | undefined;
  // Without credentials (or in a trust policy) there is no role whose policies could be short of something.
  if (granting === undefined)
    missing =
      principal.roleArn === undefined && policies.identity.length === 0 && policies.resource !== undefined
        ? 'resource'
        : 'identity';
  else decisive.push(granting.ref);

  if (missing === undefined && policies.session !== undefined) {
    const session = found('session', 'Allow');
    // A resource policy that names the session itself is not limited by session policies.
    const direct = found('resource', 'Allow', (naming) => naming === 'session');
    if (session !== undefined) decisive.push(session.ref);
    else if (direct !== undefined) decisive.push(direct.ref);
    else missing = 'session';
  }
  if (missing === undefined && inForce('iot') !== undefined) {
    const iot = found('iot', 'Allow');
    if (iot === undefined) missing = 'iot';
    else decisive.push(iot.ref);
  }
  if (missing === undefined)
    return { ...base, allowed: true, outcome: 'allow', decisive, missing, nearMisses: [] };

  const lacking: readonly Layer[] = missing === 'identity' ? ['identity', 'resource'] : [missing];
  return {
    ...base,
    allowed: false,
    outcome: 'implicitDeny',
    decisive: [],
    missing,
    nearMisses: lacking
      .flatMap((layer) => nearMissesOf(layer, inForce(layer) ?? [], question(layer)))
      .sort((one, other) => distance(one) - distance(other))
      .slice(0, NEAR_MISSES),
  };
}

function refOf(layer: Layer, policy: CompiledPolicy, statement: CompiledStatement): StatementRef {
  return {
    layer,
    policy: policy.name,
    statement: statement.sid ?? `#${statement.index}`,
    index: statement.index,
    effect: statement.effect,
  };
}

function firstApplying(
  layer: Layer,
  effect: 'Allow' | 'Deny',
  policies: readonly CompiledPolicy[],
  question: Question,
  accept: (naming: PrincipalNaming | undefined) => boolean,
): Found | undefined {
  for (const policy of policies) {
    for (const statement of policy.statements) {
      if (statement.effect !== effect) continue;
      const { applies: met, naming } = applies(statement, question);
      if (met && accept(naming)) return { ref: refOf(layer, policy, statement), naming };
    }
  }
  return undefined;
}

function nearMissesOf(layer: Layer, policies: readonly CompiledPolicy[], question: Question): NearMiss[] {
  return policies.flatMap((policy) =>
    policy.statements
      .filter(({ effect }) => effect === 'Allow')
      .map((statement) => ({
        statement: refOf(layer, policy, statement),
        failed: failuresOf(statement, question),
        variablesArePlainText: !policy.variables,
      }))
      .filter(({ failed }) => isNear(failed)),
  );
}

/** Near is: the action fits, or everything else does and the resource was named by more than `*`. */
function isNear(failed: readonly Failure[]): boolean {
  const action = failed.find(({ element }) => element === 'action');
  return action === undefined || failed.length === 1;
}

/** An action that fits weighs more than anything else. */
function distance({ failed }: NearMiss): number {
  return failed.length + (failed.some(({ element }) => element === 'action') ? 10 : 0);
}
