import { describe, expect, it } from 'vitest';
import { compilePolicy } from '../evaluate/compile.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { buildPolicies, type BuiltRole } from './build.ts';
import { GUEST_SCOPE_DOWN } from './guest-scope-down.ts';
import { type PolicyConfig } from './policy-config.ts';

const config: PolicyConfig = {
  region: 'us-east-1',
  accountId: '111122223333',
  bucket: 'progress-uploads-111122223333',
  identityPoolId: 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
  guestUploads: true,
  kvs: {
    channelPattern: 'session-*',
    speakerRoleName: 'stepcast-speaker',
    listenerRoleName: 'stepcast-listener',
  },
};
const built = buildPolicies({ ...config, signedApi: { apiId: 'a1b2c3d4e5', stageName: 'signed' } });
const arn = (service: string, rest: string) => `arn:aws:${service}:us-east-1:111122223333:${rest}`;
const route = arn('execute-api', 'a1b2c3d4e5/signed/POST/v1/provision');

function may(role: BuiltRole | undefined, action: string, resource: string): boolean {
  if (role === undefined) throw new TypeError('there is no such role');
  return evaluate({ identity: [compilePolicy(role.document)] }, { action, resource, context: {} }).allowed;
}

describe('the documents of a deployment that takes signed requests', () => {
  it.each(['authenticated', 'speaker', 'listener'] as const)('let the role %s call the route', (name) => {
    expect(may(built[name], 'execute-api:Invoke', route)).toBe(true);
  });

  it.each([
    ['another API', 'execute-api:Invoke', route.replace('a1b2c3d4e5', 'f6g7h8i9j0')],
    ['an API whose name begins so', 'execute-api:Invoke', route.replace('a1b2c3d4e5', 'a1b2c3d4e5f')],
    ['another stage', 'execute-api:Invoke', route.replace('/signed/', '/$default/')],
    ['another method', 'execute-api:Invoke', route.replace('/POST/', '/GET/')],
    ['another path', 'execute-api:Invoke', route.replace('/v1/provision', '/v1/guests')],
    ['what is below the path', 'execute-api:Invoke', `${route}/x`],
    ['another account', 'execute-api:Invoke', route.replace('111122223333', '444455556666')],
    ['another region', 'execute-api:Invoke', route.replace('us-east-1', 'eu-west-1')],
    ['its connections', 'execute-api:ManageConnections', route],
    ['the function itself', 'lambda:InvokeFunction', arn('lambda', 'function:stepcast-provisioner-signed')],
  ])('do not let somebody who signed in call %s', (_what, action, resource) => {
    for (const role of [built.authenticated, built.speaker, built.listener])
      expect(may(role, action, resource)).toBe(false);
  });

  it('do not let guests call it: nothing would be attached to them', () => {
    const session = [compilePolicy(GUEST_SCOPE_DOWN, { kind: 'session' })];
    const identity = [compilePolicy(built.guest.document)];
    const question = { action: 'execute-api:Invoke', resource: route, context: {} };
    expect(evaluate({ identity, session }, question).allowed).toBe(false);
    expect(evaluate({ identity: [compilePolicy(built.authenticated.document)] }, question).allowed).toBe(
      true,
    );
  });

  it('differ from those of one that does not in nothing else', () => {
    const without = buildPolicies(config);
    expect(without.signedProvisioner).toBeUndefined();
    expect(JSON.stringify(without)).not.toMatch(/execute-api|provisioner-signed/);
    const statements = (role: BuiltRole | undefined) =>
      role?.document.Statement.filter(({ Sid }) => Sid !== 'ProvisionSelf');
    for (const name of ['authenticated', 'guest', 'speaker', 'listener'] as const)
      expect(statements(built[name])).toEqual(without[name]?.document.Statement);
    expect(built.iotPolicy).toEqual(without.iotPolicy);
    expect(built.bucketPolicy).toEqual(without.bucketPolicy);
    expect(built.services).toEqual(without.services);
  });
});

describe('the role of the function that answers signed requests', () => {
  const identity = 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
  const pool = arn('cognito-identity', `identitypool/${config.identityPoolId}`);
  const logs = (name: string) => arn('logs', `log-group:/aws/lambda/${name}:log-stream:a`);

  it.each([
    ['iot:AttachPolicy', identity, true],
    ['iot:ListAttachedPolicies', identity, true],
    ['iot:TestAuthorization', identity, true],
    ['iot:DetachPolicy', identity, false],
    ['iot:DeleteConnection', arn('iot', `client/${identity}-tab`), false],
    ['iot:CreatePolicyVersion', arn('iot', 'policy/stepcast-identity'), false],
    ['cognito-identity:DescribeIdentityPool', pool, true],
    ['cognito-identity:GetIdentityPoolRoles', pool, true],
    ['cognito-identity:SetIdentityPoolRoles', '*', false],
    ['cognito-identity:ListIdentities', pool, false],
    ['sqs:SendMessage', arn('sqs', 'stepcast-dead-letters'), false],
    ['logs:PutLogEvents', logs('stepcast-provisioner-signed'), true],
    ['logs:PutLogEvents', logs('stepcast-forwarder'), false],
  ])('may %s on %s: %s', (action, resource, allowed) => {
    expect(may(built.signedProvisioner, action, resource)).toBe(allowed);
  });

  it('may do nothing that the provisioner’s containers may not, but write its own logs', () => {
    const actionsOf = (role: BuiltRole | undefined) =>
      role?.document.Statement.flatMap(({ Action = [] }) => Action) ?? [];
    const more = actionsOf(built.signedProvisioner).filter(
      (action) => !actionsOf(built.services.provisioner).includes(action),
    );
    expect(more).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
  });

  it('is taken by Lambda and by nobody else', () => {
    const trust = compilePolicy(built.signedProvisioner?.trust ?? {}, { kind: 'trust' });
    const taken = (service: string) =>
      evaluate(
        { identity: [], resource: [trust] },
        { action: 'sts:AssumeRole', resource: '', principal: { service }, context: {} },
      ).allowed;
    expect(taken('lambda.amazonaws.com')).toBe(true);
    expect(taken('ecs-tasks.amazonaws.com')).toBe(false);
    expect(taken('apigateway.amazonaws.com')).toBe(false);
  });
});
