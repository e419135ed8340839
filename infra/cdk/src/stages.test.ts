import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { synthesize, VARIANTS, type Template } from './testing/index.ts';

const west = {
  stateMachineArn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:PhotoPipeline',
  iotEndpoint: 'a1b2c3d4e5f6g7-ats.iot.eu-west-1.amazonaws.com',
};
const inStage = (stage: string) => ({
  stage,
  kvs: {
    channelPattern: `${stage}-*`,
    speakerRoleName: `stepcast-${stage}-speaker`,
    listenerRoleName: `stepcast-${stage}-listener`,
  },
});
/** The same state machine, watched by several deployments of one account. */
const SIDE_BY_SIDE = {
  prod: { ...VARIANTS.full, ...inStage('prod') },
  dev: { ...VARIANTS.fullSmall, ...inStage('dev') },
  plain: VARIANTS.fullSmall,
  qa: { ...VARIANTS.plain, stage: 'qa' },
  prodWest: {
    ...VARIANTS.full,
    ...west,
    alarmTopicArn: 'arn:aws:sns:eu-west-1:111122223333:operators',
    ...inStage('prod'),
  },
  devWest: { ...VARIANTS.fullSmall, ...west, ...inStage('dev') },
};
type Deployment = keyof typeof SIDE_BY_SIDE;
const EAST: readonly Deployment[] = ['prod', 'dev', 'plain', 'qa'];
const ALL: readonly Deployment[] = [...EAST, 'prodWest', 'devWest'];

const synthesized = synthesize(SIDE_BY_SIDE);
afterAll(() => {
  synthesized.remove();
});
const regionOf = (name: Deployment) => (name.endsWith('West') ? 'eu-west-1' : 'us-east-1');
const template = (name: Deployment): Template => synthesized.template(name, regionOf(name));

/** Properties by which a resource is known in an account and region; by others it only is called. */
const NAMES = [
  'QueueName',
  'BucketName',
  'RoleName',
  'TableName',
  'FunctionName',
  'LogGroupName',
  'ClusterName',
  'ServiceName',
  'AlarmName',
  'TopicName',
  'DashboardName',
  'TopicName',
  'PolicyName',
  'FilterName',
  'UserPoolName',
  'IdentityPoolName',
  'Family',
  'Name',
];
/** Known within something else that has a name, or that has none in common. */
const WITHIN = new Set([
  'AWS::ApiGatewayV2::Authorizer',
  'AWS::ApplicationAutoScaling::ScalingPolicy',
  'AWS::Lambda::Permission',
  'AWS::EC2::Subnet',
  'AWS::IAM::Policy',
]);
/** Names that are given once in an account, or once in the world. Whatever else a template makes is in one region only. */
const ONE_FOR_ALL_REGIONS = new Set(['AWS::CloudWatch::Dashboard', 'AWS::IAM::Role', 'AWS::S3::Bucket']);
/** In IAM, but within a role. */
const WITHIN_A_ROLE = ['AWS::IAM::Policy', 'AWS::IAM::RolePolicy'];
const SERVICES_OF_ALL_REGIONS = /^AWS::(IAM|S3|Route53|CloudFront|WAF|GlobalAccelerator|Organizations)::/;

function physicalNames(of: Template): readonly { readonly type: string; readonly name: string }[] {
  return of
    .all()
    .filter(({ type }) => !WITHIN.has(type))
    .flatMap(({ type, properties }) =>
      NAMES.flatMap((key) => {
        // A subscription has a name of its own, and that of the group it is on.
        if (type === 'AWS::Logs::SubscriptionFilter' && key === 'LogGroupName') return [];
        const name = z.string().safeParse(properties[key]);
        return name.success ? [{ type, name: name.data }] : [];
      }),
    );
}

const shared = (one: Template, other: Template, types?: ReadonlySet<string>) => {
  const theirs = new Set(physicalNames(other).map(({ type, name }) => `${type} ${name}`));
  return physicalNames(one)
    .filter(({ type }) => types === undefined || types.has(type))
    .map(({ type, name }) => `${type} ${name}`)
    .filter((name) => theirs.has(name));
};
const pairs = <T>(of: readonly T[]) =>
  of.flatMap((one, index) => of.slice(index + 1).map((other) => [one, other] as const));

describe('deployments of one account', () => {
  it.each(pairs(EAST))('of the stages %s and %s have no name in common in their region', (one, other) => {
    expect(shared(template(one), template(other))).toEqual([]);
  });

  it.each(pairs(ALL))('%s and %s have no name in common that is one for all regions', (one, other) => {
    expect(shared(template(one), template(other), ONE_FOR_ALL_REGIONS)).toEqual([]);
  });

  it('of two regions would have shared one dashboard: a new kind of thing that is global has to be listed here', () => {
    const types = ALL.flatMap((name) =>
      template(name)
        .all()
        .map(({ type }) => type),
    );
    const global = new Set(types.filter((type) => SERVICES_OF_ALL_REGIONS.test(type)));
    const known = [...ONE_FOR_ALL_REGIONS, ...WITHIN_A_ROLE, 'AWS::S3::BucketPolicy'];
    expect([...global].filter((type) => !known.includes(type))).toEqual([]);
    expect(types).toContain('AWS::CloudWatch::Dashboard');
  });

  it('export nothing and read no parameter by which one could stop the other', () => {
    for (const name of ALL) {
      expect(template(name).exports).toEqual([]);
      expect(template(name).parameters).toEqual(['BootstrapVersion']);
    }
  });

  it('name every thing that has a name of its own after the stage', () => {
    const foreign = physicalNames(template('dev')).filter(
      ({ name }) => !/(^|\/)stepcast-dev([-./]|$)/.test(name),
    );
    expect(foreign).toEqual([]);
  });

  it('have topics of their own, which no other stage may publish to', () => {
    const policies = JSON.stringify(template('qa').of('AWS::IAM::Role'));
    expect(template('qa').outputs['TopicNamespace']).toBe('stepcast-qa/v1');
    expect(policies).toContain('topic/stepcast-qa/v1/');
    expect(policies).not.toContain('stepcast/v1');
  });

  it('are found by the doctor and by the next deployment: stage, journal and policy are outputs', () => {
    expect(template('dev').outputs).toMatchObject({
      Stage: 'dev',
      JournalTable: 'stepcast-dev-journal',
      IotPolicyName: 'stepcast-dev-identity',
      Bucket: 'stepcast-dev-uploads-111122223333-us-east-1',
    });
  });

  it('watch what they have made: an alarm of a stage measures the queues and functions of that stage', () => {
    const dimensions = template('dev')
      .of('AWS::CloudWatch::Alarm')
      .flatMap(({ properties }) =>
        z.array(z.object({ Value: z.string() })).parse(properties['Dimensions'] ?? []),
      );
    const strangers = dimensions.filter(
      ({ Value }) => Value.startsWith('stepcast') && !Value.startsWith('stepcast-dev'),
    );
    expect(dimensions.length).toBeGreaterThan(5);
    expect(strangers).toEqual([]);
  });

  it('read the metrics that the services of their own stage write', () => {
    const deployment = { Name: 'Deployment', Value: 'stepcast-dev' };
    const own = template('dev')
      .of('AWS::CloudWatch::Alarm')
      .filter(({ properties }) => JSON.stringify(properties['Dimensions'] ?? []).includes('Deployment'));
    expect(own).toHaveLength(4);
    for (const { properties } of own) expect(properties['Dimensions']).toEqual([deployment]);
    expect(JSON.stringify(template('dev').of('AWS::ECS::TaskDefinition'))).toContain(
      '{"Name":"STEPCAST_DEPLOYMENT","Value":"stepcast-dev"}',
    );
    expect(JSON.stringify(template('dev').one('AWS::CloudWatch::Dashboard'))).toContain('stepcast-dev');
  });
});
