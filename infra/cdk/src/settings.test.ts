import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { readSettings } from './read-settings.ts';
import { VARIANTS } from './testing/variants.ts';

const problemsWith = (change: object, base: object = VARIANTS.plain): readonly string[] => {
  const read = readSettings(JSON.stringify({ ...base, ...change }));
  return read.ok ? [] : read.problems;
};
const POOL = 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11';
const userPool = { userPoolId: 'us-east-1_Ab3dEf9Gh', userPoolClientId: 'x' };
const network = {
  vpcId: 'vpc-0a1b2c3d',
  subnetIds: ['subnet-0a1b2c3d', 'subnet-0a1b2c3e', 'subnet-0a1b2c3f'],
  availabilityZones: ['us-east-1a', 'us-east-1b'],
};

describe('settings', () => {
  it('that are no JSON are refused with the place, and not with three words for a file of many lines', () => {
    expect(readSettings('{\n  "stage": "dev",\n}\n')).toEqual({
      ok: false,
      problems: ['is no JSON: look at line 3, column 1'],
    });
    expect(readSettings('')).toEqual({ ok: false, problems: ['is no JSON: look at line 1, column 1'] });
  });

  it.each(Object.entries(VARIANTS))('of the deployments that tests use are good (%s)', (_name, settings) => {
    expect(problemsWith({}, settings)).toEqual([]);
  });

  it.each([
    [
      'an endpoint elsewhere',
      { iotEndpoint: 'a1-ats.iot.eu-central-1.amazonaws.com' },
      /^iotEndpoint: is in eu-central-1, the state machine in us-east-1; all have to be in one region$/,
    ],
    [
      'a user pool elsewhere',
      { userPool: { ...userPool, userPoolId: 'eu-west-1_Ab3dEf9Gh' } },
      /^userPool\.userPoolId: is in eu-west-1/,
    ],
    [
      'an identity pool elsewhere',
      { userPool, identityPool: { identityPoolId: POOL.replace('us-east-1', 'ap-south-1'), newRoles: true } },
      /^identityPool\.identityPoolId: is in ap-south-1/,
    ],
    [
      'a topic elsewhere',
      { alarmTopicArn: 'arn:aws:sns:eu-west-1:111122223333:x' },
      /^alarmTopicArn: is in eu-west-1/,
    ],
    [
      'a topic of another partition',
      { alarmTopicArn: 'arn:aws-cn:sns:us-east-1:111122223333:x' },
      /^alarmTopicArn: names the partition aws-cn, but its region is one of aws$/,
    ],
    [
      'an event bus elsewhere',
      { feedEventBus: 'arn:aws:events:eu-west-1:111122223333:event-bus/x' },
      /^feedEventBus: is in eu-west-1, the state machine in us-east-1; all have to be in one region$/,
    ],
    [
      'an event bus of another partition',
      { feedEventBus: 'arn:aws-us-gov:events:us-east-1:111122223333:event-bus/x' },
      /^feedEventBus: names the partition aws-us-gov/,
    ],
    [
      'a log group with spaces',
      { logGroupName: 'logs of mine' },
      /^logGroupName: is no name of a log group$/,
    ],
    [
      'a runbook that is a script',
      { runbookUrl: 'javascript:alert(1)' },
      /^runbookUrl: is no http: or https:/,
    ],
    [
      'a region for a zone',
      { zones: ['us-east-1a', 'us-east-1'] },
      /^zones\.1: is no zone such as us-east-1a$/,
    ],
    ['a bucket of two dots', { bucket: 'my..bucket' }, /^bucket: is no name of a bucket$/],
    [
      'an expiry of versions in a bucket that exists',
      { bucket: 'mine', noncurrentVersionDays: 3 },
      /^noncurrentVersionDays: has no effect on a bucket that exists$/,
    ],
    [
      'a protection of what exists',
      { userPool, journalTable: 'stepcast-journal', deletionProtection: true },
      /^deletionProtection: has no effect on a journal and a user pool that exist$/,
    ],
    [
      'uploads of guests without guests',
      { guestUploads: true },
      /^guestUploads: has no effect without guests$/,
    ],
    [
      'a collector that speaks no HTTP',
      { collector: { endpoint: 'grpc://collector.internal:4317' } },
      /^collector\.endpoint: is no http: or https: address/,
    ],
    ['a key template without an identity', { keyTemplate: 'uploads/' }, /^keyTemplate: .*identityId/],
    ['a namespace of seven levels', { topicNamespace: 'a/b/c/d/e/f/g' }, /^topicNamespace: .*1 to 4 levels/],
    ['subnets that do not fit the zones', { network }, /^network\.subnetIds: are 3 in 2 zones/],
    [
      'zones elsewhere',
      { network: { ...network, availabilityZones: ['eu-west-1a'] } },
      /^network\.availabilityZones: are not all in us-east-1/,
    ],
    [
      'a way out of a VPC that exists',
      { network: { ...network, availabilityZones: ['us-east-1a'] }, wayOut: 'natGateway' },
      /^wayOut: has no effect/,
    ],
    [
      'zones elsewhere of a VPC that is made',
      { zones: ['eu-west-1a', 'eu-west-1b'] },
      /^zones: are not all in us-east-1/,
    ],
    ['a zone twice', { zones: ['us-east-1a', 'us-east-1a'] }, /^zones: names a zone twice/],
    ['copies in small', { copies: { publisher: 2 } }, /^copies: belongs to the size "large"/],
    [
      'an identity pool without its user pool',
      { identityPool: { identityPoolId: POOL, newRoles: true } },
      /^userPool: is missing/,
    ],
    [
      'an identity pool of which nothing is said',
      { userPool, identityPool: { identityPoolId: POOL } },
      /^identityPool: needs one of/,
    ],
    [
      'groups without roles',
      { kvs: { channelPattern: 'x', speakers: 'staff' } },
      /^kvs\.speakers: has no effect without kvs\.speakerRoleName$/,
    ],
    [
      'groups of a pool that has mappings of its own',
      {
        userPool,
        identityPool: { identityPoolId: POOL, authenticatedRoleName: 'x' },
        kvs: { channelPattern: 'x', speakerRoleName: 'y', speakers: 'staff' },
      },
      /^kvs\.speakers: has no effect on an identity pool that exists/,
    ],
    [
      'a role that no right covers',
      { kvs: { channelPattern: 'x', speakerRoleName: 'staff' } },
      /^kvs\.speakerRoleName: must begin with "stepcast-"/,
    ],
    [
      'a role for speakers whose name has no room for the region: it was called after "zz-standinreg-0"',
      { kvs: { channelPattern: 'x', speakerRoleName: `stepcast-${'x'.repeat(46)}` } },
      /^kvs\.speakerRoleName: is longer than 54 characters: the name of the region/,
    ],
    [
      'a stack of another stage',
      { stage: 'dev', stackName: 'stepcast' },
      /^stackName: must begin with "stepcast-dev"/,
    ],
    ['a stage with a hyphen', { stage: 'dev-two' }, /^stage: is no stage/],
    ['reports of no log group', { reports: { logGroupNames: [] } }, /^reports\.logGroupNames: /],
    [
      'reports of a log group twice',
      { reports: { logGroupNames: ['/x', '/x'] } },
      /^reports\.logGroupNames: names a log group twice$/,
    ],
    [
      'a token that is too short',
      { reports: { logGroupNames: ['/x'], token: 'short' } },
      /^reports\.token: is not of 16 to 256 characters/,
    ],
    ['a misspelt setting', { guest: true }, /^guest: there is no such setting$/],
    [
      'GovCloud',
      {
        stateMachineArn: 'arn:aws-us-gov:states:us-gov-west-1:111122223333:stateMachine:x',
        iotEndpoint: 'a1-ats.iot.us-gov-west-1.amazonaws.com',
      },
      /^stateMachineArn: is in the partition aws-us-gov, .* only the partition aws is supported$/,
    ],
    [
      'China',
      {
        stateMachineArn: 'arn:aws-cn:states:cn-north-1:111122223333:stateMachine:x',
        iotEndpoint: 'a1.ats.iot.cn-north-1.amazonaws.com.cn',
      },
      /^stateMachineArn: is in the partition aws-cn/,
    ],
    [
      'the European Sovereign Cloud',
      {
        stateMachineArn: 'arn:aws-eusc:states:eusc-de-east-1:111122223333:stateMachine:x',
        iotEndpoint: 'a1-ats.iot.eusc-de-east-1.amazonaws.eu',
      },
      /^stateMachineArn: is in the partition aws-eusc/,
    ],
    [
      'a region that is none of its partition',
      { stateMachineArn: 'arn:aws-cn:states:us-east-1:111122223333:stateMachine:x' },
      /^stateMachineArn: names the partition aws-cn/,
    ],
  ])('are refused with %s, in one line', (_what, change, line) => {
    const problems = problemsWith(change);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(line);
    expect(problems[0]).not.toContain('\n');
  });

  it('have all their problems said at once: what is wrong by itself, and what does not go together', () => {
    const problems = problemsWith({
      stateMachineArn: undefined,
      origins: ['https://app.example.com/path'],
      guestUploads: true,
      keyTemplate: 'uploads/',
      setings: 1,
    });
    expect(problems.map((line) => line.split(':')[0]).toSorted()).toEqual([
      'guestUploads',
      'keyTemplate',
      'origins.0',
      'setings',
      'stateMachineArn',
    ]);
    expect(problems).toContain('stateMachineArn: is missing');
  });

  it.each(['', '{', '[]', 'null', '"x"'])('are refused as %j', (text) => {
    expect(readSettings(text)).toMatchObject({ ok: false, problems: [expect.stringMatching(/^is no/)] });
  });

  it('of any JSON are read without an exception, each problem in one line', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom(...Object.keys(VARIANTS.existing), 'kvs', 'stage', 'x'),
          fc.jsonValue(),
        ),
        (settings) => {
          const read = readSettings(JSON.stringify({ ...VARIANTS.plain, ...settings }));
          expect(read.ok || read.problems.length > 0).toBe(true);
          expect(read.ok || read.problems.every((line) => !line.includes('\n'))).toBe(true);
        },
      ),
    );
  });
});
