import { describe, expect, it } from 'vitest';
import { PolicyConfigError } from '../errors.ts';
import { compilePolicy } from '../evaluate/compile.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { buildPolicies, type BuiltRole } from './build.ts';
import { type PolicyConfig } from './policy-config.ts';

const region = 'us-east-1';
const accountId = '111122223333';
const config = (change: Partial<PolicyConfig>): PolicyConfig => ({
  region,
  accountId,
  bucket: 'uploads-of-ours',
  identityPoolId: 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
  regionalRoles: true,
  services: { stateMachineNames: ['PhotoPipeline'], provisionerHost: 'functions', firstLogins: true },
  ...change,
});
const dev = buildPolicies(config({ stage: 'dev' }));
const prod = buildPolicies(config({ stage: 'prod' }));
const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${accountId}:${resource}`;
const may = ({ document }: BuiltRole, action: string, resource: string) =>
  evaluate({ identity: [compilePolicy(document)] }, { action, resource, context: {} }).allowed;

describe('the documents of a stage', () => {
  it('name roles with stage and region', () => {
    expect(dev.services.engine.roleName).toBe('stepcast-dev-engine-us-east-1');
    expect(dev.authenticated.roleName).toBe('stepcast-dev-authenticated-us-east-1');
    expect(dev.provisionerFunctions?.reconcile.roleName).toBe('stepcast-dev-provisioner-reconcile-us-east-1');
  });

  it.each([
    ['engine', 'iot:Publish', arn('iot', 'topic/stepcast-STAGE/v1/us-east-1:x/overview')],
    ['engine', 'dynamodb:PutItem', arn('dynamodb', 'table/stepcast-STAGE-journal')],
    ['engine', 'sqs:ReceiveMessage', arn('sqs', 'stepcast-STAGE-uploads')],
    ['forwarder', 'sqs:SendMessage', arn('sqs', 'stepcast-STAGE-events.fifo')],
    ['provisioner', 'iot:ListTargetsForPolicy', arn('iot', 'policy/stepcast-STAGE-identity')],
  ] as const)(
    'let its %s do %s on what is its own, and on nothing of another stage',
    (service, action, resource) => {
      const own = resource.replace('STAGE', 'dev');
      expect([may(dev.services[service], action, own), may(prod.services[service], action, own)]).toEqual([
        true,
        false,
      ]);
    },
  );

  it('leave the names of roles that exist as they are', () => {
    const built = buildPolicies(
      config({
        authenticatedRoleName: 'web-app',
        kvs: { channelPattern: 'x', speakerRoleName: 'web-speaker' },
      }),
    );
    expect([built.authenticated.roleName, built.speaker?.roleName]).toEqual(['web-app', 'web-speaker']);
  });

  it('cannot be built for what is no stage', () => {
    expect(() => buildPolicies(config({ stage: 'dev-*' }))).toThrow(PolicyConfigError);
  });
});
