import { clientIdOf, IdentityId, SessionId, topicSpace } from '@stepcast/contracts';
import { QUEUE_NAMES } from '@stepcast/wire';
import {
  buildPolicies,
  compilePolicy,
  createAuthorizationModel,
  GUEST_SCOPE_DOWN,
  type BuiltPolicies,
  type BuiltRole,
  type CompiledPolicy,
  type Principal,
} from '@stepcast/policies';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { DEPLOYED, OWN, synthesize, VARIANTS, type Template } from './testing/index.ts';
import { commonConfig as common, policyConfigs as configs } from './testing/policy-configs.ts';

const synthesized = synthesize(VARIANTS);
afterAll(() => synthesized.remove());

const { region, accountId, identityPoolId } = DEPLOYED;
const names = ['plain', 'full', 'fullSmall', 'existing'] as const;
const isFull = (name: (typeof names)[number]) => name === 'full' || name === 'fullSmall';
const sizeOf = (name: (typeof names)[number]) =>
  name === 'plain' || name === 'fullSmall' ? 'small' : 'large';

/** The roles of the services that a stack of this size deploys. */
function deployedRoles(
  { services, provisionerFunctions }: BuiltPolicies,
  size: 'small' | 'large',
): readonly BuiltRole[] {
  const { forwarder, engine, correlator, publisher } = services;
  const { byToken, reconcile, firstLogins } = provisionerFunctions;
  return [
    forwarder,
    ...(size === 'small' ? [engine] : [correlator, publisher]),
    byToken,
    reconcile,
    ...(firstLogins === undefined ? [] : [firstLogins]),
  ];
}

const Document = z.record(z.string(), z.unknown());
const Policies = z.array(z.object({ PolicyName: z.string(), PolicyDocument: Document }));

/** Every inline policy of a role, wherever the template puts it. */
function policiesOf(template: Template, roleName: string): { PolicyName: string; PolicyDocument: unknown }[] {
  const inside = template
    .of('AWS::IAM::Role')
    .filter(({ properties }) => properties['RoleName'] === roleName)
    .flatMap(({ properties }) => Policies.parse(properties['Policies'] ?? []));
  const beside = template
    .of('AWS::IAM::RolePolicy')
    .filter(({ properties }) => properties['RoleName'] === roleName)
    .map(({ properties }) => ({ PolicyName: 'stepcast', PolicyDocument: properties['PolicyDocument'] }));
  return [...inside, ...beside];
}

describe.each(names)('the documents in the template (%s)', (name) => {
  const template = synthesized.template(name);
  const built = buildPolicies(configs[name]);
  const size = sizeOf(name);
  const { speaker, listener, signedProvisioner } = built;
  const own =
    name === 'existing'
      ? []
      : [built.authenticated, speaker, listener, signedProvisioner].filter((role) => role !== undefined);
  const guests = isFull(name) ? [built.guest] : [];

  it.each<[string, BuiltRole]>(
    [...own, ...guests, ...deployedRoles(built, size)].map((role) => [role.roleName, role]),
  )('%s is the role that @stepcast/policies builds, and nothing is added to it', (roleName, role) => {
    expect(template.one('AWS::IAM::Role', { RoleName: roleName })).toEqual({
      RoleName: roleName,
      AssumeRolePolicyDocument: role.trust,
      Policies: [{ PolicyName: role.policyName, PolicyDocument: role.document }],
    });
    const added = template
      .of('AWS::IAM::Policy')
      .filter(({ properties }) => JSON.stringify(properties['Roles']).includes(roleName));
    expect(added).toEqual([]);
  });

  it('has no other role for Stepcast’s services', () => {
    const expected = [...own, ...guests, ...deployedRoles(built, size)].map((role) => role.roleName);
    const named = template
      .of('AWS::IAM::Role')
      .flatMap(({ properties }) => z.string().safeParse(properties['RoleName']).data ?? []);
    // The last is that of ECS itself, which fetches images and writes logs.
    expect(named.toSorted()).toEqual([...expected, 'stepcast-task-execution-us-east-1'].toSorted());
  });

  it('IoT policy and bucket policy are those that @stepcast/policies builds', () => {
    expect(template.one('AWS::IoT::Policy')).toEqual({
      PolicyName: built.iotPolicy.name,
      PolicyDocument: built.iotPolicy.document,
    });
    expect(template.one('AWS::S3::BucketPolicy')).toEqual({
      Bucket: configs[name].bucket,
      PolicyDocument: built.bucketPolicy,
    });
  });
});

describe('a stack of somebody’s own', () => {
  const template = synthesized.template(OWN);
  const [machine] = template.of('AWS::StepFunctions::StateMachine');
  const [bucket] = template.of('AWS::S3::Bucket');
  // Names that CloudFormation makes: the documents hold references to them.
  const machineName = `stepcast-${machine?.id ?? ''}-1A2B3C`;
  const bucketName = `stepcast-${bucket?.id ?? ''}-1A2B3C`;
  const built = buildPolicies({
    ...common,
    bucket: bucketName.toLowerCase(),
    services: { stateMachineNames: [machineName], startMode: 'managed' },
  });
  const asBuilt = (document: unknown) =>
    JSON.stringify(document).replaceAll(bucketName.toLowerCase(), bucketName);

  it.each<[string, BuiltRole]>(
    [built.authenticated, ...deployedRoles(built, 'small')].map((role) => [role.roleName, role]),
  )('%s is built for names that only the deployment knows', (roleName, role) => {
    const { AssumeRolePolicyDocument } = template.one('AWS::IAM::Role', { RoleName: roleName });
    expect(AssumeRolePolicyDocument).toEqual(role.trust);
    expect(JSON.stringify(policiesOf(template, roleName)[0]?.PolicyDocument)).toEqual(asBuilt(role.document));
  });

  it('the bucket’s own policy takes the denies in, beside what it has', () => {
    const { PolicyDocument } = template.one('AWS::S3::BucketPolicy');
    const { Statement } = z.object({ Statement: z.array(Document) }).parse(PolicyDocument);
    expect(Statement.map(({ Effect }) => Effect)).toEqual(Statement.map(() => 'Deny'));
    expect(Statement.map(({ Sid }) => Sid)).toEqual(
      expect.arrayContaining(built.bucketPolicy.Statement.map(({ Sid }) => Sid)),
    );
    expect(Statement.length).toBe(built.bucketPolicy.Statement.length + 1);
  });

  it('the state machine logs every event, with its input, to the group that is subscribed to', () => {
    const { LoggingConfiguration } = machine?.properties ?? {};
    expect(LoggingConfiguration).toMatchObject({
      Level: 'ALL',
      IncludeExecutionData: true,
      Destinations: [
        {
          CloudWatchLogsLogGroup: {
            LogGroupArn: `arn:aws:logs:${region}:${accountId}:log-group:/aws/vendedlogs/states/ours-Logs:*`,
          },
        },
      ],
    });
    const LogGroupName = '/aws/vendedlogs/states/ours-Logs';
    expect(template.one('AWS::Logs::SubscriptionFilter', { LogGroupName })).toMatchObject({
      FilterPattern: '',
    });
  });
});

describe('an identity pool that exists', () => {
  const template = synthesized.template('existing');
  const built = buildPolicies(configs.existing);

  it('keeps its roles: ours is a policy beside theirs', () => {
    expect(template.of('AWS::Cognito::IdentityPoolRoleAttachment')).toEqual([]);
    expect(template.of('AWS::Cognito::IdentityPool')).toEqual([]);
    expect(policiesOf(template, 'web-app-signed-in')).toEqual([
      { PolicyName: 'stepcast', PolicyDocument: built.authenticated.document },
    ]);
    expect(policiesOf(template, 'web-app-guest')).toEqual([
      { PolicyName: 'stepcast', PolicyDocument: built.guest.document },
    ]);
  });
});

/** Decides by the documents as they stand in the template. */
function deciderOf(name: keyof typeof VARIANTS) {
  const template = synthesized.template(name);
  const compiled = new Map<string, readonly CompiledPolicy[]>();
  const iot = compilePolicy(Document.parse(template.one('AWS::IoT::Policy')['PolicyDocument']), {
    kind: 'iot',
  });
  const { Bucket, PolicyDocument } = template.one('AWS::S3::BucketPolicy');
  const bucketPolicy = compilePolicy(Document.parse(PolicyDocument), { kind: 'resource' });
  const scopeDown = compilePolicy(GUEST_SCOPE_DOWN, { kind: 'session' });
  return createAuthorizationModel(
    {
      rolePolicies: (roleName) => {
        const known =
          compiled.get(roleName) ??
          policiesOf(template, roleName).map((policy) =>
            compilePolicy(Document.parse(policy.PolicyDocument)),
          );
        compiled.set(roleName, known);
        return known;
      },
      iotPolicies: () => [iot],
      bucketPolicy: (bucket) => (bucket === Bucket ? bucketPolicy : undefined),
      sessionPolicies: (principal) =>
        principal.kind === 'identity' && !principal.authenticated ? [scopeDown] : undefined,
    },
    { region },
  );
}

describe.each(names)('isolation by the documents in the template (%s)', (name) => {
  const config = configs[name];
  const built = buildPolicies(config);
  const decider = deciderOf(name);
  const identity = (n: number, authenticated: boolean): Principal & { identityId: string } => ({
    kind: 'identity',
    accountId,
    roleName: (authenticated ? built.authenticated : built.guest).roleName,
    identityId: `us-east-1:0000000${n}-4b5a-c6d7-8e9f-0a1b2c3d4e5f`,
    identityPoolId,
    authenticated,
    amr: [authenticated ? 'authenticated' : 'unauthenticated'],
  });
  const people = [identity(1, true), identity(2, true)];
  const guests = isFull(name) ? [identity(3, false), identity(4, false)] : [];
  const topics = topicSpace(config.topicNamespace);
  const [head = ''] = (config.keyTemplate ?? 'users/{identityId}/').split('{');

  function accesses(owner: string) {
    const identityId = IdentityId.parse(owner);
    const session = SessionId.parse('tab1');
    const iot = (rest: string) => `arn:aws:iot:${region}:${accountId}:${rest}`;
    const object = `arn:aws:s3:::${config.bucket}/${head}${owner}/a.png`;
    const own = topics.policyPattern(owner).replace('/*', '');
    const context = {};
    return [
      ...['GetObject', 'PutObject', 'DeleteObject', 'AbortMultipartUpload'].map((action) => ({
        action: `s3:${action}`,
        resource: object,
        context,
      })),
      {
        action: 's3:ListBucket',
        resource: `arn:aws:s3:::${config.bucket}`,
        context: { 's3:prefix': `${head}${owner}/` },
      },
      { action: 'iot:Connect', resource: iot(`client/${clientIdOf(identityId, session)}`), context },
      { action: 'iot:Subscribe', resource: iot(`topicfilter/${own}/#`), context },
      {
        action: 'iot:Receive',
        resource: iot(`topic/${topics.build({ kind: 'overview', identityId })}`),
        context,
      },
      {
        action: 'iot:Publish',
        resource: iot(`topic/${topics.build({ kind: 'requests', identityId, session })}`),
        context,
      },
    ];
  }

  it.each(
    [...people, ...guests].map(
      (who) => [who.kind === 'identity' && who.authenticated ? 'somebody' : 'a guest', who] as const,
    ),
  )('lets %s do everything of its own and nothing of others', (_who, principal) => {
    const wrong = [...people, ...guests].flatMap((owner) =>
      accesses(owner.identityId).flatMap(({ action, resource, context }) => {
        const { allowed } = decider.decide({
          principal,
          action,
          resource,
          context: action.startsWith('iot:') ? { 'iot:ClientId': 'x' } : context,
        });
        return allowed === (owner.identityId === principal.identityId)
          ? []
          : [`${action} on ${resource}: ${allowed}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('gives identities nothing of the control plane, and none of the queues', () => {
    const [me] = people;
    if (me === undefined) throw new TypeError('nobody');
    for (const [action, resource] of [
      ['iot:AttachPolicy', me.identityId],
      ['sqs:SendMessage', `arn:aws:sqs:${region}:${accountId}:${QUEUE_NAMES.progress}`],
      ['dynamodb:GetItem', `arn:aws:dynamodb:${region}:${accountId}:table/stepcast-journal`],
      ['states:StartExecution', VARIANTS.plain.stateMachineArn],
    ] as const)
      expect([action, decider.decide({ principal: me, action, resource, context: {} }).allowed]).toEqual([
        action,
        false,
      ]);
  });

  it('lets what correlates put events on the bus of the feed, and nobody on another bus', () => {
    const bus = (owner: string, busName: string) => `arn:aws:events:${region}:${owner}:event-bus/${busName}`;
    const buses = {
      plain: undefined,
      full: bus(accountId, 'back-office'),
      fullSmall: bus(accountId, 'back-office'),
      existing: bus('444455556666', 'shared'),
    };
    const asked = [
      bus(accountId, 'back-office'),
      bus(accountId, 'back-office2'),
      bus(accountId, 'shared'),
      bus(accountId, 'default'),
      bus('444455556666', 'shared'),
      bus('444455556666', 'back-office'),
    ];
    const service = name === 'plain' || name === 'fullSmall' ? 'engine' : 'correlator';
    const correlating = `stepcast-${service}-${region}`;
    const allowed = deployedRoles(built, sizeOf(name)).flatMap(({ roleName }) =>
      asked
        .filter(
          (resource) =>
            decider.decide({
              principal: { kind: 'service', accountId, roleName },
              action: 'events:PutEvents',
              resource,
              context: {},
            }).allowed,
        )
        .map((resource) => [roleName, resource]),
    );
    expect(allowed).toEqual(buses[name] === undefined ? [] : [[correlating, buses[name]]]);
  });

  it('leaves the workflow’s own role alone in the bucket', () => {
    const principal: Principal = { kind: 'service', accountId, roleName: 'PhotoPipelineRole' };
    const everything = compilePolicy({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
    });
    const { PolicyDocument } = synthesized.template(name).one('AWS::S3::BucketPolicy');
    const model = createAuthorizationModel({
      rolePolicies: () => [everything],
      iotPolicies: () => [],
      bucketPolicy: () => compilePolicy(Document.parse(PolicyDocument), { kind: 'resource' }),
      sessionPolicies: () => undefined,
    });
    const get = (context: Record<string, string>) =>
      model.decide({
        principal,
        action: 's3:GetObject',
        resource: `arn:aws:s3:::${config.bucket}/${head}anybody/a.png`,
        context,
      }).allowed;
    expect(get({ 'aws:SecureTransport': 'true' })).toBe(true);
    expect(get({ 'aws:SecureTransport': 'false' })).toBe(false);
  });
});
