import { readSettings } from '@stepcast/cdk/settings';
import { planOf } from '../application/run-preflight.ts';
import { known } from '../domain/evidence.ts';
import type { LinkResult } from '../domain/link.ts';
import type { AccountFacts, Plan } from '../domain/preflight/facts.ts';
import { judge } from '../domain/preflight/index.ts';

/** The least that settings can say. */
export const least = {
  stateMachineArn: 'arn:aws:states:us-east-1:111122223333:stateMachine:PhotoPipeline',
  iotEndpoint: 'a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com',
  origins: ['https://app.example.com'],
};
export const LOGS = '/aws/vendedlogs/states/PhotoPipeline-Logs';
export const absent = known({ found: false } as const);

export function planWith(change: object = {}): Plan {
  const read = readSettings(JSON.stringify({ ...least, ...change }));
  if (!read.ok) throw new TypeError(read.problems.join());
  return planOf(read.settings);
}

export const machine = {
  arn: least.stateMachineArn,
  type: 'STANDARD',
  roleArn: 'arn:aws:iam::111122223333:role/x',
  logLevel: 'ALL',
  includesExecutionData: true,
  logGroupArns: [`arn:aws:logs:us-east-1:111122223333:log-group:${LOGS}:*`],
};
export const filter = (name: string) => ({ name, pattern: '', destinationArn: 'arn:aws:lambda:x' });

/** An account in which nothing stands in the way. */
export const ready: AccountFacts = {
  caller: known({ accountId: '111122223333', arn: 'arn:aws:iam::111122223333:user/x' }),
  stack: absent,
  stateMachine: known({ found: true, value: machine }),
  logGroup: known({ found: true, value: { name: LOGS, logClass: 'STANDARD' } }),
  subscriptionFilters: known([filter('others')]),
  reportLogGroups: new Map(),
  logResourcePolicies: known([]),
  iotEndpoint: known(least.iotEndpoint),
  vpcs: known({ allowed: 5, used: 4 }),
  concurrentFunctions: known(1_000),
  zones: known([
    { name: 'us-east-1a', id: 'use1-az6' },
    { name: 'us-east-1b', id: 'use1-az3' },
    { name: 'us-east-1c', id: 'use1-az1' },
  ]),
  bucket: known('free'),
  journalKeys: absent,
  made: [{ what: 'queue', name: 'stepcast-uploads', adoptedBy: undefined, there: absent }],
  userPoolClient: undefined,
  identityPool: undefined,
  existingRoles: new Map(),
};

/** What stands in the way of a deployment with these settings, where the account differs from {@link ready} in these facts. */
export const failing = (facts: Partial<AccountFacts>, settings: object = {}): readonly LinkResult[] =>
  judge(planWith(settings), { ...ready, ...facts }).results.filter(({ verdict }) => verdict === 'fail');
