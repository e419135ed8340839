import { DEPLOYED, synthesize, VARIANTS, type Template } from '@stepcast/cdk/testing';
import { keyTemplate, parseJson, topicSpace } from '@stepcast/contracts';
import { QUEUE_NAMES } from '@stepcast/wire';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import {
  found,
  healthyChain,
  healthyMachine,
  healthySetup,
  notFound,
  NOW_MS,
  role,
  roleArn,
} from '../testing/fixtures.ts';
import { diagnose } from './diagnose.ts';
import { known, type Chain, type Queue, type Role } from './evidence.ts';
import { allLinks } from './links/index.ts';
import { type Setup } from './setup.ts';

const synthesized = synthesize(VARIANTS);
afterAll(() => {
  synthesized.remove();
});
const MACHINE = VARIANTS.plain.stateMachineArn;
const { region, accountId, identityPoolId, userPoolId, userPoolClientId } = DEPLOYED;

const RoleProperties = z.object({
  RoleName: z.string(),
  AssumeRolePolicyDocument: z.unknown(),
  Policies: z.array(z.object({ PolicyName: z.string(), PolicyDocument: z.unknown() })),
});
const RoleAttachment = z.object({
  Roles: z.object({ authenticated: z.string(), unauthenticated: z.string().optional() }),
  RoleMappings: z
    .record(
      z.string(),
      z.object({
        IdentityProvider: z.string(),
        RulesConfiguration: z.object({ Rules: z.array(z.object({ RoleARN: z.string() })) }),
      }),
    )
    .default({}),
});
const Cors = z.object({
  CorsRules: z.array(
    z.object({
      Id: z.string(),
      AllowedOrigins: z.array(z.string()),
      AllowedMethods: z.array(z.string()),
      AllowedHeaders: z.array(z.string()),
      ExposedHeaders: z.array(z.string()),
      MaxAge: z.number(),
    }),
  ),
});
const Pool = z.object({
  IdentityPoolName: z.string(),
  AllowUnauthenticatedIdentities: z.boolean(),
  AllowClassicFlow: z.boolean(),
  CognitoIdentityProviders: z.array(z.object({ ProviderName: z.string(), ClientId: z.string() })),
});
const QueuePolicy = z.object({ Queues: z.array(z.string()), PolicyDocument: z.unknown() });
const Redrive = z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.number() });
const Text = z.string();

function parsed(text: string): unknown {
  const json = parseJson(z.unknown(), text);
  return json.ok ? json.value : text;
}

function rolesOf(template: Template): readonly Role[] {
  return template
    .of('AWS::IAM::Role')
    .flatMap(({ properties }) => RoleProperties.safeParse(properties).data ?? [])
    .map(({ RoleName, AssumeRolePolicyDocument, Policies }) =>
      role(
        roleArn(RoleName),
        AssumeRolePolicyDocument,
        Policies.map(({ PolicyName, PolicyDocument }) => ({ name: PolicyName, document: PolicyDocument })),
      ),
    );
}

function queuesOf(template: Template): Chain['queues'] {
  const policies = template
    .of('AWS::SQS::QueuePolicy')
    .map(({ properties }) => QueuePolicy.parse(properties));
  const absent = Object.values(QUEUE_NAMES).map((name) => [name, notFound] as const);
  return new Map([
    ...absent,
    ...template.of('AWS::SQS::Queue').map(({ properties }) => {
      const name = Text.parse(properties['QueueName']);
      const redrive = Redrive.safeParse(properties['RedrivePolicy']).data;
      const queue: Queue = {
        arn: `arn:aws:sqs:${region}:${accountId}:${name}`,
        fifo: properties['FifoQueue'] === true,
        messages: 0,
        policy: policies.find(({ Queues }) => Queues.some((url) => url.endsWith(`/${name}`)))?.PolicyDocument,
        redrive:
          redrive === undefined
            ? undefined
            : { targetArn: redrive.deadLetterTargetArn, maxReceiveCount: redrive.maxReceiveCount },
      };
      return [name, found(queue)] as const;
    }),
  ]);
}

/** What the doctor would find of a template; of what the stack does not make, what is right. */
function chainOf(template: Template): Chain {
  const attachment = RoleAttachment.parse(template.one('AWS::Cognito::IdentityPoolRoleAttachment'));
  const pool = Pool.parse(template.one('AWS::Cognito::IdentityPool'));
  const bucket = template.one('AWS::S3::Bucket');
  const filter = template.one('AWS::Logs::SubscriptionFilter', { FilterName: 'stepcast-forwarder' });
  const logPolicy = template.one('AWS::Logs::ResourcePolicy');
  const machineRole = healthyChain.roles.get(healthyMachine.roleArn);
  const iotPolicy = template.one('AWS::IoT::Policy');
  const logGroup = '/aws/vendedlogs/states/PhotoPipeline-Logs';
  return {
    ...healthyChain,
    identityPool: found({
      id: identityPoolId,
      name: pool.IdentityPoolName,
      allowsGuests: pool.AllowUnauthenticatedIdentities,
      allowsClassicFlow: pool.AllowClassicFlow,
      providers: pool.CognitoIdentityProviders.map(({ ProviderName, ClientId }) => ({
        providerName: ProviderName,
        clientId: ClientId,
      })),
    }),
    poolRoles: known({
      authenticated: attachment.Roles.authenticated,
      unauthenticated: attachment.Roles.unauthenticated,
      mapped: Object.values(attachment.RoleMappings).flatMap(({ IdentityProvider, RulesConfiguration }) =>
        RulesConfiguration.Rules.map(({ RoleARN }) => ({ provider: IdentityProvider, roleArn: RoleARN })),
      ),
      mappings: undefined,
    }),
    roles: new Map([
      ...rolesOf(template).map((one) => [one.arn, found(one)] as const),
      ...(machineRole === undefined ? [] : [[healthyMachine.roleArn, machineRole] as const]),
    ]),
    iotPolicy: found({ name: Text.parse(iotPolicy['PolicyName']), document: iotPolicy['PolicyDocument'] }),
    attachedPolicies: known([Text.parse(iotPolicy['PolicyName'])]),
    bucketPolicy: found(template.one('AWS::S3::BucketPolicy')['PolicyDocument']),
    bucketCors: known(
      Cors.parse(bucket['CorsConfiguration']).CorsRules.map((rule) => ({
        id: rule.Id,
        allowedOrigins: rule.AllowedOrigins,
        allowedMethods: rule.AllowedMethods,
        allowedHeaders: rule.AllowedHeaders,
        exposeHeaders: rule.ExposedHeaders,
        maxAgeSeconds: rule.MaxAge,
      })),
    ),
    bucketEvents: known({
      eventBridge: JSON.stringify(bucket['NotificationConfiguration']).includes(
        '"EventBridgeConfiguration":{"EventBridgeEnabled":true}',
      ),
      queueArns: [],
    }),
    stateMachine: found({
      ...healthyMachine,
      arn: MACHINE,
      logGroupArns: [`arn:aws:logs:${region}:${accountId}:log-group:${logGroup}:*`],
    }),
    logGroup: found({ name: logGroup, logClass: 'STANDARD' }),
    logResourcePolicies: known([
      {
        name: Text.parse(logPolicy['PolicyName']),
        document: parsed(Text.parse(logPolicy['PolicyDocument'])),
      },
    ]),
    subscriptionFilters: known([
      {
        name: Text.parse(filter['FilterName']),
        pattern: Text.parse(filter['FilterPattern']),
        destinationArn: Text.parse(filter['DestinationArn']),
      },
    ]),
    queues: queuesOf(template),
  };
}

/** As `doctor --stack` fills it in from the outputs. */
function setupOf(template: Template, change: Partial<Setup> = {}): Setup {
  const output = (name: string) => Text.parse(template.outputs[name]);
  return {
    ...healthySetup,
    identityPoolId: output('IdentityPoolId'),
    userPoolId,
    userPoolClientId,
    bucket: output('Bucket'),
    topics: topicSpace(output('TopicNamespace')),
    stateMachineArn: output('StateMachineArn'),
    queueNames: QUEUE_NAMES,
    authenticatedRoleName: 'stepcast-authenticated-us-east-1',
    guestRoleName: 'stepcast-guest-us-east-1',
    size: z.enum(['small', 'large']).parse(template.outputs['Size']),
    showsWorkflows: template.outputs['ShowsWorkflows'] === 'true',
    isObserved: template.outputs['StartMode'] === 'observed',
    settingsFiles: [],
    kvs: undefined,
    ...change,
  };
}

const everything: Partial<Setup> = {
  keyTemplate: keyTemplate('private/{identityId}/'),
  kvs: { channelPattern: 'session-*', authenticated: 'listener', guests: false },
};

describe('what the CDK app deploys, as the doctor sees it', () => {
  it.each([
    ['plain', {}],
    ['fullSmall', everything],
    ['full', everything],
  ] as const)('passes every link (%s)', (name, change) => {
    const template = synthesized.template(name);
    const { results } = diagnose(
      allLinks(() => NOW_MS),
      setupOf(template, change),
      { ...chainOf(template), settingsFiles: [] },
    );
    const notPassed = results.filter(({ verdict }) => verdict !== 'pass');
    expect(notPassed.map(({ link, verdict, evidence }) => ({ link, verdict, evidence }))).toEqual([]);
    expect(results.length).toBeGreaterThan(30);
    expect(results.some(({ link }) => link === 'workflow.shown')).toBe(name !== 'plain');
  });
});
