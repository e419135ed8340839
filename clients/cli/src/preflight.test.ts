import { describe, expect, it } from 'vitest';
import { known, unavailable } from './domain/evidence.ts';
import type { AccountFacts } from './domain/preflight/facts.ts';
import type { BucketName } from './ports/account-names.port.ts';
import { judge, PREFLIGHT_CHECKS } from './domain/preflight/index.ts';
import {
  absent,
  failing,
  filter,
  least,
  machine,
  planWith,
  ready,
  LOGS,
} from './testing/preflight-account.ts';

const userPool = { userPoolId: 'us-east-1_Ab3dEf9Gh', userPoolClientId: '7h2k9q0m4v8t1c6r3p5s0w2x9z' };
const POOL = 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11';
const bucketThat = (is: BucketName): Pick<AccountFacts, 'bucket'> => ({ bucket: known(is) });
const there = known({ found: true, value: {} } as const);

describe('before a deployment', () => {
  it('nothing stands in the way of an account that is ready', () => {
    const { results, skipped } = judge(planWith(), ready);
    expect(results.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
    expect(results.length + skipped.length).toBe(PREFLIGHT_CHECKS.length);
  });

  it.each([
    [
      'credentials of another account',
      'deploy.account',
      { caller: known({ accountId: '999988887777', arn: 'x' }) },
      /111122223333, the credentials are of 999988887777/,
    ],
    [
      'a creation that failed',
      'deploy.stack',
      { stack: known({ found: true, value: 'ROLLBACK_COMPLETE' }) },
      /can only be deleted/,
    ],
    [
      'a stack that is busy',
      'deploy.stack',
      { stack: known({ found: true, value: 'UPDATE_IN_PROGRESS' }) },
      /is busy/,
    ],
    ['no state machine', 'deploy.stateMachine', { stateMachine: absent }, /no state machine/],
    [
      'a machine that logs nothing',
      'deploy.stateMachine',
      { stateMachine: known({ found: true, value: { ...machine, logLevel: 'OFF' } }) },
      /logs at OFF, the settings say ALL/,
    ],
    [
      'no execution data',
      'deploy.stateMachine',
      { stateMachine: known({ found: true, value: { ...machine, includesExecutionData: false } }) },
      /without execution data/,
    ],
    [
      'another log group',
      'deploy.stateMachine',
      {
        stateMachine: known({
          found: true,
          value: { ...machine, logGroupArns: ['arn:aws:logs:us-east-1:1:log-group:/x:*'] },
        }),
      },
      /logs to arn:aws:logs/,
    ],
    ['no log group', 'deploy.logGroup', { logGroup: absent }, /no log group/],
    [
      'a log group that takes no subscription',
      'deploy.logGroup',
      { logGroup: known({ found: true, value: { name: LOGS, logClass: 'INFREQUENT_ACCESS' } }) },
      /INFREQUENT_ACCESS/,
    ],
    [
      'two subscriptions of others',
      'deploy.logGroup',
      { subscriptionFilters: known([filter('a'), filter('b')]) },
      /no room: a, b/,
    ],
    [
      'ten resource policies of others',
      'deploy.resourcePolicies',
      {
        logResourcePolicies: known(
          Array.from({ length: 10 }, (_, index) => ({ name: `p${index}`, document: {} })),
        ),
      },
      /all 10 are taken/,
    ],
    [
      'the endpoint of another account',
      'deploy.iotEndpoint',
      { iotEndpoint: known('zz-ats.iot.us-east-1.amazonaws.com') },
      /AWS IoT says zz-ats/,
    ],
    [
      'a bucket that was left',
      'deploy.names',
      bucketThat('ours'),
      /is there already, from an earlier deployment/,
    ],
    [
      'a region that takes no more VPCs',
      'deploy.vpc',
      { vpcs: known({ allowed: 5, used: 5 }) },
      /all 5 VPCs of us-east-1 are taken/,
    ],
    [
      'a region with one zone',
      'deploy.zones',
      { zones: known([{ name: 'us-east-1a', id: 'use1-az6' }]) },
      /fewer than two zones/,
    ],
    ['a bucket of somebody else', 'deploy.names', bucketThat('foreign'), /somebody else/],
    [
      'a queue that is there',
      'deploy.names',
      { made: [{ what: 'queue', name: 'stepcast-uploads', adoptedBy: undefined, there }] },
      /the queue stepcast-uploads is there already/,
    ],
  ] as const)('%s is found (%s)', (_what, id, facts, evidence) => {
    const found = failing(facts);
    expect(found.map(({ link }) => link)).toEqual([id]);
    expect(found[0]?.evidence.join('\n')).toMatch(evidence);
    expect(found[0]?.repair).not.toEqual([]);
  });

  it('a log group is made before the machine is set to log to it', () => {
    const found = failing({
      logGroup: absent,
      stateMachine: known({ found: true, value: { ...machine, logLevel: 'OFF' } }),
    });
    expect(found.map(({ link }) => link)).toEqual(['deploy.logGroup', 'deploy.stateMachine']);
  });

  it('the command that mends the logging of a machine is printed once, as deploy.md says', () => {
    const [found] = failing({
      stateMachine: known({
        found: true,
        value: { ...machine, logLevel: 'OFF', includesExecutionData: false, logGroupArns: [] },
      }),
    });
    const commands = found?.repair.filter((line) => !line.startsWith('#')) ?? [];
    expect(commands).toEqual([
      `aws stepfunctions update-state-machine --state-machine-arn ${least.stateMachineArn} --logging-configuration '${JSON.stringify(
        {
          level: 'ALL',
          includeExecutionData: true,
          destinations: [
            {
              cloudWatchLogsLogGroup: {
                logGroupArn: `arn:aws:logs:us-east-1:111122223333:log-group:${LOGS}:*`,
              },
            },
          ],
        },
      )}' --region us-east-1`,
    ]);
    expect(found?.repair).toContain('# or "logging": { "level": "OFF" } in the settings');
  });

  it.each([
    [
      'that Stepcast would start',
      { startMode: 'managed' },
      {},
      /an upload event that comes twice would run it twice/,
    ],
    [
      'that logs without execution data, as the settings say',
      { logging: { executionData: false } },
      { includesExecutionData: false },
      /stands in its log alone/,
    ],
    [
      'that logs errors only, as the settings say',
      { logging: { level: 'ERROR' } },
      { logLevel: 'ERROR' },
      /stands in its log alone/,
    ],
  ])('an Express machine %s went through: it is refused', (_what, settings, change, evidence) => {
    const value = { ...machine, ...change };
    expect(failing({ stateMachine: known({ found: true, value }) }, settings)).toEqual([]);
    const [only, ...more] = failing(
      { stateMachine: known({ found: true, value: { ...value, type: 'EXPRESS' } }) },
      settings,
    );
    expect(more).toEqual([]);
    expect(only?.link).toBe('deploy.stateMachine');
    expect(only?.evidence.join()).toMatch(evidence);
  });

  it('an Express machine that is observed, and logs everything, is as good as a Standard one', () => {
    const express = { stateMachine: known({ found: true as const, value: { ...machine, type: 'EXPRESS' } }) };
    expect(failing(express)).toEqual([]);
  });

  it('the subscription and the policy of this very deployment take no room of others', () => {
    const facts = {
      subscriptionFilters: known([filter('stepcast-forwarder'), filter('others')]),
      logResourcePolicies: known([
        { name: 'stepcast-log-delivery', document: {} },
        ...Array.from({ length: 9 }, (_, index) => ({ name: `p${index}`, document: {} })),
      ]),
    };
    expect(failing(facts)).toEqual([]);
  });

  const zonesOf = (settings: object, facts: Partial<AccountFacts> = {}) =>
    failing(facts, settings)
      .filter(({ link }) => link === 'deploy.zones')
      .map(({ evidence, repair }) => [evidence, repair]);

  it('zones that are not there are found, with zones that are', () => {
    expect(zonesOf({ zones: ['us-east-1a', 'us-east-1c'] })).toEqual([]);
    expect(zonesOf({ zones: ['us-east-1a', 'us-east-1z'] })).toEqual([
      [['there is no zone us-east-1z in us-east-1'], ['# "zones": ["us-east-1a","us-east-1b"]']],
    ]);
  });

  it.each(['small', 'large'])(
    'zones without Fargate are found in the size "%s", with zones that offer it',
    (size) => {
      const zones = known([
        { name: 'ca-central-1a', id: 'cac1-az4' },
        { name: 'ca-central-1b', id: 'cac1-az1' },
        { name: 'ca-central-1d', id: 'cac1-az2' },
      ]);
      const there = {
        size,
        stateMachineArn: least.stateMachineArn.replace('us-east-1', 'ca-central-1'),
        iotEndpoint: least.iotEndpoint.replace('us-east-1', 'ca-central-1'),
      };
      expect(zonesOf(there, { zones })).toEqual([
        [
          ['ca-central-1a is cac1-az4 in this account, which does not offer Fargate'],
          ['# "zones": ["ca-central-1b","ca-central-1d"]'],
        ],
      ]);
      expect(zonesOf({ ...there, zones: ['ca-central-1b', 'ca-central-1d'] }, { zones })).toEqual([]);
    },
  );

  it('a VPC that exists, and a stack that has one, ask for no other', () => {
    const full = { vpcs: known({ allowed: 5, used: 5 }) };
    const network = {
      vpcId: 'vpc-0a1b2c3d',
      subnetIds: ['subnet-0a1b2c3d', 'subnet-1a1b2c3d'],
      availabilityZones: ['us-east-1a', 'us-east-1b'],
    };
    expect(failing(full, { network })).toEqual([]);
    const changed = { stack: known({ found: true, value: 'UPDATE_COMPLETE' } as const) };
    expect(failing({ ...full, ...changed })).toEqual([]);
  });

  it('an account that runs few functions at the same time is warned', () => {
    const { results } = judge(planWith(), { ...ready, concurrentFunctions: known(10) });
    expect(
      results.filter(({ verdict }) => verdict !== 'pass').map(({ link, verdict }) => [link, verdict]),
    ).toEqual([['deploy.functions', 'warn']]);
  });

  it('the names of a stack that is changed are its own', () => {
    const facts = {
      stack: known({ found: true, value: 'UPDATE_COMPLETE' } as const),
      bucket: known('ours' as const),
    };
    expect(failing(facts)).toEqual([]);
  });

  it('what an earlier deployment left is named with the setting that takes it up', () => {
    const [found] = failing({
      bucket: known('ours'),
      made: [
        { what: 'table', name: 'stepcast-journal', adoptedBy: '"journalTable": "stepcast-journal"', there },
      ],
    });
    expect(found?.repair.join('\n')).toContain('"bucket": "stepcast-uploads-111122223333-us-east-1"');
    expect(found?.repair.join('\n')).toContain('"journalTable": "stepcast-journal"');
  });

  const adopting = {
    bucket: 'stepcast-uploads-111122223333-us-east-1',
    journalTable: 'stepcast-journal',
    userPool,
    identityPool: { identityPoolId: POOL, newRoles: true },
  };
  const adopted: Partial<AccountFacts> = {
    bucket: known('ours'),
    journalKeys: known({ found: true, value: ['pk', 'sk'] }),
    userPoolClient: known({ found: true, value: { id: userPool.userPoolClientId, hasSecret: false } }),
    identityPool: known({
      found: true,
      value: {
        id: POOL,
        name: 'stepcast',
        allowsGuests: false,
        allowsClassicFlow: false,
        providers: [{ providerName: 'x', clientId: userPool.userPoolClientId }],
      },
    }),
  };

  it('what the settings take up fits', () => {
    expect(failing(adopted, adopting)).toEqual([]);
  });

  it.each([
    ['a bucket that is not there', { bucket: known('free' as const) }, /no bucket stepcast-uploads/],
    [
      'a table that is no journal',
      { journalKeys: known({ found: true, value: ['id'] } as const) },
      /has the keys id/,
    ],
    ['a client that is not there', { userPoolClient: absent }, /has no client/],
    ['a pool that is not there', { identityPool: absent }, /no identity pool/],
    ['a role that is not there', { existingRoles: new Map([['web-app', absent]]) }, /no role web-app/],
  ] as const)('%s is found', (_what, facts, evidence) => {
    const found = failing({ ...adopted, ...facts }, adopting);
    expect(found.map(({ link }) => link)).toEqual(['deploy.adopted']);
    expect(found[0]?.evidence.join('\n')).toMatch(evidence);
  });

  it('what cannot be rolled back is warned of, as long as nothing is deployed', () => {
    const warned = (facts: Partial<AccountFacts>) =>
      judge(planWith({ deletionProtection: true }), { ...ready, ...facts })
        .results.filter(({ verdict }) => verdict === 'warn')
        .map(({ link }) => link);
    expect(warned({})).toEqual(['deploy.protection']);
    expect(warned({ stack: known({ found: true, value: 'CREATE_COMPLETE' }) })).toEqual([]);
  });

  it('a caller without credentials reads how to get some', () => {
    const { results } = judge(planWith(), {
      ...ready,
      caller: unavailable('sts:GetCallerIdentity: no AWS credentials (Could not load credentials)'),
    });
    expect(results[0]).toMatchObject({
      link: 'deploy.account',
      verdict: 'couldNotCheck',
      repair: [expect.stringMatching(/aws sso login.*--profile/)],
    });
  });

  it('what could not be asked is said, and is no failure', () => {
    const { results } = judge(planWith(), {
      ...ready,
      iotEndpoint: unavailable('iot:DescribeEndpoint: no right'),
    });
    expect(results.filter(({ verdict }) => verdict === 'couldNotCheck').map(({ link }) => link)).toEqual([
      'deploy.iotEndpoint',
    ]);
  });
});
