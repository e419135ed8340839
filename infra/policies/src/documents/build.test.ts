import { keyTemplate, topicSpace } from '@stepcast/contracts';
import { describe, expect, it } from 'vitest';
import { policySize, type PolicyDocument } from '../document.ts';
import { compilePolicy } from '../evaluate/compile.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import {
  BUCKET_POLICY_MAX_BYTES,
  buildPolicies,
  IOT_POLICY_MAX_CHARACTERS,
  ROLE_POLICY_MAX_CHARACTERS,
} from './build.ts';
import { GUEST_SCOPE_DOWN } from './guest-scope-down.ts';
import { sampleConfig as config } from '../testing/sample-config.ts';

const built = buildPolicies(config);
const roles = [
  built.authenticated,
  built.guest,
  built.speaker,
  built.listener,
  ...Object.values(built.services),
].filter((role) => role !== undefined);

describe('the documents of a deployment', () => {
  it('all compile', () => {
    for (const role of roles) {
      expect(compilePolicy(role.document).statements.length).toBeGreaterThan(0);
      expect(compilePolicy(role.trust, { kind: 'trust' }).statements).toHaveLength(1);
    }
    expect(compilePolicy(built.bucketPolicy, { kind: 'resource' }).statements).toHaveLength(5);
    expect(compilePolicy(built.iotPolicy.document, { kind: 'iot' }).statements).toHaveLength(4);
    expect(compilePolicy(GUEST_SCOPE_DOWN, { kind: 'session' }).statements).toHaveLength(2);
  });

  it('are the same for the same configuration', () => {
    expect(buildPolicies({ ...config })).toEqual(built);
  });

  it('keep within the limits of AWS, also with the longest names', () => {
    const longest = buildPolicies({
      ...config,
      region: 'ap-southeast-1',
      identityPoolId: 'ap-southeast-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
      partition: 'aws-us-gov',
      topicNamespace: 'n'.repeat(150),
      bucket: 'b'.repeat(63),
      authenticatedRoleName: 'a'.repeat(64),
    });
    for (const one of [built, longest]) {
      expect(policySize(one.iotPolicy.document)).toBeLessThanOrEqual(IOT_POLICY_MAX_CHARACTERS);
      expect(policySize(one.bucketPolicy)).toBeLessThanOrEqual(BUCKET_POLICY_MAX_BYTES);
      expect(policySize(one.authenticated.document)).toBeLessThanOrEqual(ROLE_POLICY_MAX_CHARACTERS);
    }
  });

  it('take their topics from the contracts and nowhere else', () => {
    const topics = topicSpace('acme/progress');
    const text = JSON.stringify(buildPolicies({ ...config, topicNamespace: 'acme/progress' }));
    expect(text).not.toContain('stepcast/v1');
    expect(text).toContain(topics.policyPattern('${cognito-identity.amazonaws.com:sub}'));
    expect(text).toContain(topics.requestFilter);
  });

  it('take the prefix of objects from the key template', () => {
    const template = 'private/{identityId}/in/';
    const { document } = buildPolicies({ ...config, keyTemplate: template }).authenticated;
    expect(JSON.stringify(document)).toContain(
      `${config.bucket}/${keyTemplate(template).policyPrefix('${cognito-identity.amazonaws.com:sub}')}*`,
    );
  });

  it('grant nothing in the bucket policy', () => {
    expect(built.bucketPolicy.Statement.map(({ Effect }) => Effect)).toEqual(
      built.bucketPolicy.Statement.map(() => 'Deny'),
    );
  });

  it('give identities no action on every resource, and no action of the control plane', () => {
    for (const role of [built.authenticated, built.guest, built.speaker, built.listener])
      for (const { Action, Resource } of role?.document.Statement ?? []) {
        expect(Resource).not.toBe('*');
        for (const action of typeof Action === 'string' ? [Action] : (Action ?? []))
          expect(action).not.toContain('*');
      }
  });

  it('let speakers be master and listeners only watch', () => {
    const channel = 'arn:aws:kinesisvideo:us-east-1:111122223333:channel/session-peaceful/1764058120804';
    const may = (document: PolicyDocument | undefined, action: string, resource = channel) =>
      document !== undefined &&
      evaluate(
        { identity: [compilePolicy(document)] },
        { action: `kinesisvideo:${action}`, resource, context: {} },
      ).allowed;
    const { speaker, listener, authenticated, guest } = built;
    for (const action of [
      'DescribeSignalingChannel',
      'GetSignalingChannelEndpoint',
      'GetIceServerConfig',
      'ConnectAsViewer',
    ]) {
      expect([speaker, listener, authenticated].map((role) => may(role?.document, action))).toEqual([
        true,
        true,
        true,
      ]);
      expect(may(guest.document, action)).toBe(false);
    }
    expect(
      [speaker, listener, authenticated, guest].map((role) => may(role?.document, 'ConnectAsMaster')),
    ).toEqual([true, false, false, false]);
    expect(may(listener?.document, 'ConnectAsViewer', channel.replace('session-', 'other-'))).toBe(false);
    expect(may(listener?.document, 'DeleteSignalingChannel')).toBe(false);
    const none = buildPolicies({ ...config, kvs: { channelPattern: 's', authenticated: 'none' } });
    expect(JSON.stringify(none)).not.toContain('kinesisvideo');
  });

  it('let exactly the identities of the pool take the roles, signed in or not', () => {
    const take = (
      trust: PolicyDocument,
      aud: string,
      amr: readonly string[],
      federated = 'cognito-identity.amazonaws.com',
    ) =>
      evaluate(
        { identity: [], resource: [compilePolicy(trust, { kind: 'trust' })] },
        {
          action: 'sts:AssumeRoleWithWebIdentity',
          resource: '',
          principal: { federated },
          context: { 'cognito-identity.amazonaws.com:aud': aud, 'cognito-identity.amazonaws.com:amr': amr },
        },
      ).allowed;
    const pool = config.identityPoolId;
    const signedIn = ['authenticated', 'cognito-idp.us-east-1.amazonaws.com/us-east-1_Ab3dEf9Gh'];
    expect(take(built.authenticated.trust, pool, signedIn)).toBe(true);
    expect(take(built.authenticated.trust, pool, ['unauthenticated'])).toBe(false);
    expect(take(built.guest.trust, pool, ['unauthenticated'])).toBe(true);
    expect(take(built.guest.trust, pool, signedIn)).toBe(false);
    expect(take(built.authenticated.trust, 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f', signedIn)).toBe(
      false,
    );
    expect(take(built.authenticated.trust, pool, signedIn, 'accounts.google.com')).toBe(false);
  });
});

describe('policies of the services', () => {
  const arn = (service: string, rest: string) => `arn:aws:${service}:us-east-1:111122223333:${rest}`;
  const identity = 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
  const queue = (name: string) => arn('sqs', name);
  const topic = `topic/stepcast/v1/${identity}/overview`;
  const cases: readonly (readonly [keyof typeof built.services, string, string, boolean])[] = [
    ['forwarder', 'sqs:SendMessage', queue('stepcast-events.fifo'), true],
    ['forwarder', 'sqs:SendMessage', queue('stepcast-progress.fifo'), false],
    ['forwarder', 'sqs:ReceiveMessage', queue('stepcast-events.fifo'), false],
    [
      'forwarder',
      'logs:PutLogEvents',
      arn('logs', 'log-group:/aws/lambda/stepcast-forwarder:log-stream:a'),
      true,
    ],
    [
      'forwarder',
      'logs:PutLogEvents',
      arn('logs', 'log-group:/aws/vendedlogs/states/PhotoPipeline:log-stream:a'),
      false,
    ],
    ['correlator', 'sqs:ReceiveMessage', queue('stepcast-uploads'), true],
    ['correlator', 'sqs:DeleteMessage', queue('stepcast-progress.fifo'), false],
    ['correlator', 'dynamodb:PutItem', arn('dynamodb', 'table/stepcast-journal'), true],
    ['correlator', 'dynamodb:PartiQLInsert', arn('dynamodb', 'table/stepcast-journal'), true],
    ['correlator', 'dynamodb:PartiQLInsert', arn('dynamodb', 'table/other'), false],
    ['correlator', 'dynamodb:PartiQLSelect', arn('dynamodb', 'table/stepcast-journal'), false],
    ['correlator', 'dynamodb:PartiQLUpdate', arn('dynamodb', 'table/stepcast-journal'), false],
    ['correlator', 'dynamodb:PartiQLDelete', arn('dynamodb', 'table/stepcast-journal'), false],
    ['correlator', 'dynamodb:DeleteTable', arn('dynamodb', 'table/stepcast-journal'), false],
    ['correlator', 'states:StartExecution', arn('states', 'stateMachine:PhotoPipeline'), true],
    ['correlator', 'states:StartExecution', arn('states', 'stateMachine:Other'), false],
    ['correlator', 'states:GetExecutionHistory', arn('states', 'execution:PhotoPipeline:up-abc'), true],
    ['correlator', 'states:GetExecutionHistory', arn('states', 'execution:PhotoPipeline/Label:1234'), true],
    ['correlator', 'states:GetExecutionHistory', arn('states', 'execution:PhotoPipelineOther:up-abc'), false],
    ['correlator', 'states:StopExecution', arn('states', 'execution:PhotoPipeline:up-abc'), false],
    ['correlator', 'iot:Publish', arn('iot', topic), false],
    ['publisher', 'iot:Connect', arn('iot', 'client/stepcast-publisher-1'), true],
    ['publisher', 'iot:Connect', arn('iot', `client/${identity}-1`), false],
    ['publisher', 'iot:Publish', arn('iot', topic), true],
    ['publisher', 'iot:RetainPublish', arn('iot', topic), true],
    ['publisher', 'iot:Publish', arn('iot', 'topic/$aws/things/x'), false],
    ['publisher', 'iot:Subscribe', arn('iot', 'topicfilter/stepcast/v1/+/requests/+'), true],
    ['publisher', 'iot:Subscribe', arn('iot', 'topicfilter/$share/stepcast/stepcast/v1/+/requests/+'), true],
    ['publisher', 'iot:Subscribe', arn('iot', 'topicfilter/stepcast/v1/#'), false],
    ['publisher', 'iot:Receive', arn('iot', `topic/stepcast/v1/${identity}/requests/tab1`), true],
    ['publisher', 'iot:Receive', arn('iot', topic), false],
    ['publisher', 'dynamodb:Query', arn('dynamodb', 'table/stepcast-journal'), true],
    ['publisher', 'dynamodb:DeleteItem', arn('dynamodb', 'table/stepcast-journal'), false],
    ['publisher', 'dynamodb:PartiQLInsert', arn('dynamodb', 'table/stepcast-journal'), false],
    ['provisioner', 'iot:AttachPolicy', identity, true],
    ['provisioner', 'iot:CreatePolicy', arn('iot', 'policy/stepcast-identity'), false],
    ['provisioner', 'iot:CreatePolicyVersion', arn('iot', 'policy/stepcast-identity'), false],
    ['provisioner', 'iot:ListTargetsForPolicy', arn('iot', 'policy/stepcast-identity'), true],
    ['provisioner', 'iot:DeleteConnection', arn('iot', `client/${identity}-tab`), true],
    ['provisioner', 'iot:DeleteConnection', arn('iot', 'client/stepcast-publisher-1'), false],
    ['provisioner', 'iam:PassRole', 'arn:aws:iam::111122223333:role/stepcast-authenticated', true],
    ['provisioner', 'iam:PassRole', 'arn:aws:iam::111122223333:role/admin', false],
    ['provisioner', 'iam:PutRolePolicy', 'arn:aws:iam::111122223333:role/stepcast-authenticated', false],
    ['provisioner', 'sqs:SendMessage', queue('stepcast-events.fifo'), false],
    ['provisioner', 'sqs:ReceiveMessage', queue('stepcast-first-logins'), true],
    ['provisioner', 'sqs:DeleteMessage', queue('stepcast-first-logins'), true],
    ['provisioner', 'sqs:ReceiveMessage', queue('stepcast-dead-letters'), false],
    ['provisioner', 'sqs:SendMessage', queue('stepcast-dead-letters'), true],
    ['engine', 'sqs:ReceiveMessage', queue('stepcast-events.fifo'), true],
    ['engine', 'sqs:DeleteMessage', queue('stepcast-uploads'), true],
    ['engine', 'sqs:SendMessage', queue('stepcast-events.fifo'), false],
    ['engine', 'sqs:ReceiveMessage', queue('stepcast-progress.fifo'), false],
    ['engine', 'sqs:SendMessage', queue('stepcast-progress.fifo'), false],
    ['engine', 'sqs:SendMessage', queue('stepcast-dead-letters'), true],
    ['engine', 'sqs:ReceiveMessage', queue('stepcast-dead-letters'), false],
    ['engine', 'states:StartExecution', arn('states', 'stateMachine:PhotoPipeline'), true],
    ['engine', 'states:StartExecution', arn('states', 'stateMachine:Another'), false],
    ['engine', 'iot:Connect', arn('iot', 'client/stepcast-publisher-1'), true],
    ['engine', 'iot:Connect', arn('iot', `client/${identity}-tab`), false],
    ['engine', 'iot:AttachPolicy', '*', false],
    ['engine', 's3:GetObject', 'arn:aws:s3:::stepcast-uploads-111122223333/users/x', false],
    ['forwarder', 'sqs:SendMessage', queue('stepcast-undelivered'), true],
    ['correlator', 'sqs:SendMessage', queue('stepcast-undelivered'), false],
  ];
  it.each(cases)('%s may %s on %s: %s', (service, action, resource, allowed) => {
    const policy = compilePolicy(built.services[service].document);
    expect(evaluate({ identity: [policy] }, { action, resource, context: {} }).allowed).toBe(allowed);
  });

  it('let the publisher read the journal and write nothing into it', () => {
    const policy = compilePolicy(built.services.publisher.document);
    const may = (action: string, key: string) =>
      evaluate(
        { identity: [policy] },
        {
          action,
          resource: 'arn:aws:dynamodb:us-east-1:111122223333:table/stepcast-journal',
          context: { 'dynamodb:LeadingKeys': [key] },
        },
      ).allowed;
    for (const key of [
      'identity#us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f',
      'stream#us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f#x#y',
    ]) {
      expect(may('dynamodb:Query', key)).toBe(true);
      for (const action of ['dynamodb:PutItem', 'dynamodb:PartiQLInsert', 'dynamodb:DeleteItem'])
        expect(may(action, key)).toBe(false);
    }
  });

  it('let the correlator insert by PartiQL exactly where it may put', () => {
    const statements = built.services.correlator.document.Statement;
    const [put, insert] = ['dynamodb:PutItem', 'dynamodb:PartiQLInsert'].map((action) =>
      statements
        .filter(({ Action }) => Action?.includes(action))
        .map(({ Effect, Resource, Condition }) => ({ Effect, Resource, Condition })),
    );
    expect(put).toHaveLength(1);
    expect(insert).toEqual(put);
  });

  it('let the engine do what correlator and publisher may do, but for the progress queue, and nothing else', () => {
    const rightsOf = (service: keyof typeof built.services) =>
      built.services[service].document.Statement.flatMap(({ Action = [], Resource = [] }) =>
        [Action]
          .flat()
          .flatMap((action) => [Resource].flat().map((resource) => JSON.stringify({ action, resource }))),
      );
    const ofParts = [...rightsOf('correlator'), ...rightsOf('publisher')].filter(
      (right) => !right.includes('stepcast-progress.fifo'),
    );
    expect([...new Set(rightsOf('engine'))].toSorted()).toEqual([...new Set(ofParts)].toSorted());
  });

  it('give the provisioner’s functions each what it needs, and together nothing that the container may not', () => {
    const functions = buildPolicies({
      ...config,
      services: { stateMachineNames: ['PhotoPipeline'], provisionerHost: 'functions', firstLogins: true },
    }).provisionerFunctions;
    const rightsOf = (document: PolicyDocument | undefined) =>
      document?.Statement.flatMap(({ Action = [], Resource = [] }) =>
        [Action].flat().flatMap((action) => [Resource].flat().map((resource) => `${action} ${resource}`)),
      ) ?? [];
    const container = new Set(rightsOf(built.services.provisioner.document));
    const more = Object.values(functions ?? {}).flatMap((role) =>
      rightsOf(role?.document).filter((right) => !container.has(right) && !right.startsWith('logs:')),
    );
    expect(more).toEqual([]);
    expect(Object.values(functions ?? {}).map((role) => role?.roleName)).toEqual([
      'stepcast-provisioner-token',
      'stepcast-provisioner-reconcile',
      'stepcast-provisioner-logins',
    ]);
    expect(JSON.stringify(functions?.byToken)).not.toMatch(/Detach|ListIdentities|sqs:|DeleteConnection/);
    expect(JSON.stringify(functions?.reconcile)).not.toMatch(/sqs:|DeleteConnection|SetIdentityPoolRoles/);
    for (const role of Object.values(functions ?? {}))
      expect(JSON.stringify(role?.trust)).toContain('"lambda.amazonaws.com"');
  });

  it('leave out what the mode of operation does not need', () => {
    const observed = buildPolicies({
      ...config,
      services: { stateMachineNames: ['PhotoPipeline'], startMode: 'observed' },
    });
    for (const service of ['correlator', 'engine'] as const)
      expect(JSON.stringify(observed.services[service])).not.toContain('StartExecution');
    expect(JSON.stringify(observed.services.provisioner)).not.toMatch(/iam:|SetIdentityPoolRoles|sqs:/);
  });
});
