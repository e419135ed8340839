import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compilePolicy, evaluate, type OneOrMany, type PolicyStatement } from '@stepcast/policies';
import fc from 'fast-check';
import { MINISTACK_VERSION, startMiniStack } from '../../support/ministack.ts';
import { ToolUnavailable, type RunningServer } from '../../support/tool-cache.ts';
import { reportNotRun, reportUsed } from '../../support/not-run.ts';
import { forSimulator, shippedPairs, type PolicyPair } from './policy-pairs.ts';
import { randomPair } from './random-policy-pair.ts';

/**
 * Our evaluator against an independent one: MiniStack's `SimulateCustomPolicy`. Every pair on which the two differ must
 * be explained by a known difference below, each with the sentence of the AWS documentation that decides it.
 *
 * Not comparable, because the simulator has no way in for them: context keys with several values, `iot:ConnectAttributes`,
 * resource and session policies, `${*}`, wildcards of ARN conditions across colons (the one ARN in its context has none to spare). Those are tested against the documentation's own tables in infra/policies.
 */
type Outcome = 'allow' | 'explicitDeny' | 'implicitDeny';

function ours(pair: PolicyPair): Outcome {
  return evaluate(
    { identity: [compilePolicy(pair.document)] },
    {
      action: pair.action,
      resource: pair.resource,
      context: {
        'cognito-identity.amazonaws.com:sub': pair.identityId,
        // What MiniStack's simulator takes for granted.
        'aws:PrincipalArn': `arn:aws:iam::${pair.accountId}:root`,
        'aws:PrincipalAccount': pair.accountId,
        'aws:PrincipalType': 'User',
        'aws:RequestedRegion': pair.region,
        'aws:SecureTransport': 'false',
        'aws:SourceIp': '127.0.0.1',
        'aws:CurrentTime': new Date().toISOString(),
        'aws:EpochTime': String(Math.floor(Date.now() / 1000)),
        ...(pair.prefix === undefined ? {} : { 's3:prefix': pair.prefix }),
      },
    },
  ).outcome;
}

async function theirs(endpoint: string, pair: PolicyPair): Promise<Outcome> {
  const { document, action, resource, accountId, region } = forSimulator(pair);
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      // Not verified (AUTH=false); account and region are read from it.
      authorization: `AWS4-HMAC-SHA256 Credential=${accountId}/20261122/${region}/iam/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: new URLSearchParams({
      Action: 'SimulateCustomPolicy',
      Version: '2010-05-08',
      'ActionNames.member.1': action,
      'ResourceArns.member.1': resource,
      'PolicyInputList.member.1': document,
    }),
  });
  const text = await response.text();
  const decision = /<EvalDecision>(\w+)<\/EvalDecision>/.exec(text)?.[1];
  if (decision === 'allowed') return 'allow';
  if (decision === 'explicitDeny' || decision === 'implicitDeny') return decision;
  throw new Error(`MiniStack answered ${response.status}: ${text.slice(0, 500)}`);
}

const listed = (values: OneOrMany<string | number | boolean> | undefined): readonly string[] =>
  values === undefined ? [] : [values].flat().map(String);

/** `*` and `?` over the whole text, whatever stands in it: how MiniStack reads every pattern. */
function plainGlob(pattern: string, value: string): boolean {
  const body = pattern
    .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${body}$`, 's').test(value);
}

interface KnownDifference {
  readonly name: string;
  /** Who is right, and by which sentence. */
  readonly why: string;
  /** Whether the difference can come of this: as narrow as can be. */
  readonly explains: (pair: PolicyPair) => boolean;
  readonly example: { readonly pair: PolicyPair; readonly ours: Outcome; readonly theirs: Outcome };
}

const example = (statement: Partial<PolicyStatement>, change: Partial<PolicyPair> = {}): PolicyPair => ({
  document: {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*', ...statement }],
  },
  action: 'iot:Publish',
  resource: 'arn:aws:iot:us-east-1:111122223333:topic/a:b',
  accountId: '111122223333',
  region: 'us-east-1',
  prefix: undefined,
  identityId: 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f',
  ...change,
});

const knownDifferences: readonly KnownDifference[] = [
  {
    name: 'a wildcard inside a part of an ARN passes the colon',
    why:
      'AWS is as ours: "You can use wildcard characters within the individual segments of an ARN", and only a "*" that is ' +
      'the last character of a segment "can expand to match beyond the colon boundaries" (IAM user guide, Resource)',
    explains: ({ document, resource, identityId }) =>
      document.Statement.some(({ Resource, NotResource }) =>
        [...listed(Resource), ...listed(NotResource)]
          .map((pattern) => pattern.replaceAll('${cognito-identity.amazonaws.com:sub}', identityId))
          .some((pattern) => {
            const head = pattern.split(':').slice(0, 5);
            return (
              head.some((part) => /\?|\*./.test(part)) &&
              plainGlob(pattern, resource) &&
              !head.every(
                (part, index) => /\*$/.test(part) || plainGlob(part, resource.split(':')[index] ?? ''),
              )
            );
          }),
      ),
    example: {
      pair: example(
        { Resource: 'arn:aws:iot:us-*-1:111122223333:topic/*' },
        { resource: 'arn:aws:iot:us-x:y-1:111122223333:topic/a' },
      ),
      ours: 'implicitDeny',
      theirs: 'allow',
    },
  },
];

const SEED = 20_261_122;
const RANDOM_PAIRS = 2_000;
const AT_ONCE = 8;

describe('our evaluator and an independent one', () => {
  let server: RunningServer | undefined;

  beforeAll(async () => {
    try {
      server = await startMiniStack();
      reportUsed('policy evaluation', `MiniStack ${MINISTACK_VERSION} (SimulateCustomPolicy)`);
    } catch (error) {
      if (!(error instanceof ToolUnavailable)) throw error;
      reportNotRun('cross-check of the policy evaluator against MiniStack', error.message);
    }
  }, 400_000);

  afterAll(async () => {
    await server?.stop();
  });

  it('decide at least 2,000 pairs alike, but for differences that are known by name', async () => {
    if (server === undefined) return;
    const { endpoint } = server;
    const pairs = [...shippedPairs(), ...fc.sample(randomPair, { seed: SEED, numRuns: RANDOM_PAIRS })];
    const outcomes: Record<Outcome, number> = { allow: 0, explicitDeny: 0, implicitDeny: 0 };
    const known = new Map<string, number>();
    const unknown: object[] = [];
    const queue = pairs.values();
    const worker = async () => {
      for (const pair of queue) {
        const [mine, other] = [ours(pair), await theirs(endpoint, pair)];
        outcomes[mine] += 1;
        if (mine === other) continue;
        const difference = knownDifferences.find(({ explains }) => explains(pair));
        if (difference === undefined) unknown.push({ ours: mine, theirs: other, ...pair });
        else known.set(difference.name, (known.get(difference.name) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));

    expect(unknown.slice(0, 5)).toEqual([]);
    expect(pairs.length).toBeGreaterThanOrEqual(2_000);
    // Evaluators that always say the same thing would agree too.
    for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(pairs.length / 10);
    const differing = [...known.values()].reduce((sum, count) => sum + count, 0);
    expect(differing).toBeLessThan(pairs.length / 20);
    reportUsed('policy pairs compared', `${pairs.length}, of which ${differing} differ as known`);
  }, 180_000);

  it.each(knownDifferences)(
    'still differ in this: $name',
    async ({ example: { pair, ours: mine, theirs: other }, explains }) => {
      expect(ours(pair)).toBe(mine);
      expect(explains(pair)).toBe(true);
      if (server !== undefined) expect(await theirs(server.endpoint, pair)).toBe(other);
    },
  );
});
