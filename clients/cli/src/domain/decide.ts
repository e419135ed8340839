import {
  compilePolicy,
  describeEvaluation,
  describeFailure,
  describeRef,
  evaluate,
  hintsOf,
  PolicyError,
  type CompiledPolicy,
  type Evaluation,
  type Hint,
  type PolicyKind,
  type PolicySet,
  type RequestContext,
  type RequestPrincipal,
} from '@stepcast/policies';
import { parseValue } from '@stepcast/contracts';
import * as z from 'zod';
import { type NamedDocument } from './evidence.ts';
import { accountOf } from './expected.ts';
import { type Setup } from './setup.ts';

const Json = z.record(z.string(), z.unknown());

/** Documents as far as they can be evaluated faithfully. */
export interface Compiled {
  readonly policies: readonly CompiledPolicy[];
  /** What could not be read, a sentence each. Somebody else's policy may use what Stepcast's do not. */
  readonly unreadable: readonly string[];
}

export function compile(documents: readonly NamedDocument[], kind: PolicyKind): Compiled {
  const policies: CompiledPolicy[] = [];
  const unreadable: string[] = [];
  for (const { name, document } of documents) {
    const parsed = parseValue(Json, document);
    if (!parsed.ok) {
      unreadable.push(`${name} is not a policy document`);
      continue;
    }
    try {
      policies.push(compilePolicy(parsed.value, { name, kind }));
    } catch (thrown) {
      if (!(thrown instanceof PolicyError)) throw thrown;
      unreadable.push(`${name} at ${thrown.path}: ${thrown.problem}`);
    }
  }
  return { policies, unreadable };
}

export interface Asker {
  readonly identityId: string;
  readonly authenticated: boolean;
  readonly roleArn: string;
}

export interface Answer {
  readonly allowed: boolean;
  readonly evaluation: Evaluation;
  /** The decision, what decided and what nearly did. */
  readonly lines: readonly string[];
  readonly hints: readonly Hint[];
}

/** Asks the policies as an identity of the pool would. */
export function askAs(
  setup: Setup,
  who: Asker,
  policies: PolicySet,
  question: { readonly action: string; readonly resource: string; readonly context?: RequestContext },
): Answer {
  const session = `${who.roleArn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/CognitoIdentityCredentials`;
  return ask(policies, {
    ...question,
    principal: { accountId: accountOf(setup), roleArn: who.roleArn, sessionArn: session },
    context: {
      'aws:SecureTransport': 'true',
      'aws:RequestedRegion': setup.region,
      'aws:PrincipalArn': who.roleArn,
      'aws:PrincipalAccount': accountOf(setup),
      'aws:PrincipalType': 'AssumedRole',
      'cognito-identity.amazonaws.com:sub': who.identityId,
      ...(setup.identityPoolId === undefined
        ? {}
        : { 'cognito-identity.amazonaws.com:aud': setup.identityPoolId }),
      'cognito-identity.amazonaws.com:amr': [who.authenticated ? 'authenticated' : 'unauthenticated'],
      ...question.context,
    },
  });
}

export function ask(
  policies: PolicySet,
  request: {
    readonly action: string;
    readonly resource: string;
    readonly context?: RequestContext;
    readonly principal?: RequestPrincipal;
  },
): Answer {
  const evaluation = evaluate(policies, { context: {}, ...request });
  const { missing } = evaluation;
  const attached = missing === undefined || missing === 'resource' ? undefined : policies[missing]?.length;
  return {
    allowed: evaluation.allowed,
    evaluation,
    lines: describeEvaluation(evaluation),
    hints: hintsOf(evaluation, attached),
  };
}

/**
 * What a refusal tells besides being one: the deny that decided, the layer that is short of something, the statement that
 * nearly allowed, what is probably wrong. A statement that is about other actions tells nothing and is left out.
 */
export function explained(action: string, { evaluation, lines, hints }: Answer): readonly string[] {
  const near = evaluation.nearMisses.filter(({ failed }) =>
    failed.every(({ element }) => element !== 'action'),
  );
  const telling =
    evaluation.outcome === 'explicitDeny' || evaluation.missing === 'session' || near.length > 0;
  return [
    ...(telling ? [`${action}: ${lines[0] ?? ''}`] : []),
    ...evaluation.decisive.map((ref) => `decided by ${describeRef(ref)}`),
    ...near.flatMap(({ statement, failed }) => [
      `nearly: ${describeRef(statement)}, but ${failed.map(describeFailure).join(', and ')}`,
    ]),
    ...hints.map(({ message }) => `likely: ${message}`),
  ];
}

/** Allows everything, so that the other layer alone decides. */
const anything = compilePolicy({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: '*', Resource: '*' },
    // Sessions that last and last wills are allowed only by a statement that speaks of them.
    {
      Effect: 'Allow',
      Action: 'iot:Connect',
      Resource: '*',
      Condition: {
        'ForAllValues:StringEquals': { 'iot:ConnectAttributes': ['PersistentConnect', 'LastWill'] },
      },
    },
  ],
});

/** What an IoT policy says by itself, as if the role allowed everything. */
export function askIotPolicy(
  setup: Setup,
  who: Asker,
  policies: readonly CompiledPolicy[],
  question: { readonly action: string; readonly resource: string; readonly context?: RequestContext },
): Answer {
  return askAs(setup, who, { identity: [anything], iot: policies }, question);
}
