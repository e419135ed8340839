import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parseJson, PROVISION_PATH } from '@stepcast/contracts';
import { compilePolicy, evaluate, GUEST_SCOPE_DOWN } from '@stepcast/policies';
import { readProvisionerConfig } from '@stepcast/provisioner';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { DEPLOYED, synthesize, VARIANTS } from './testing/index.ts';

const synthesized = synthesize({
  on: VARIANTS.full,
  off: { ...VARIANTS.full, signedProvisioning: false },
  existing: { ...VARIANTS.existing, signedProvisioning: true },
});
afterAll(() => {
  synthesized.remove();
});
const on = synthesized.template('on');
const off = synthesized.template('off');
const { region, accountId, signedApiId, identityPoolId } = DEPLOYED;
const NAME = 'stepcast-provisioner-signed';
const functionArn = `arn:aws:lambda:${region}:${accountId}:function:${NAME}`;
const route = `arn:aws:execute-api:${region}:${accountId}:${signedApiId}/signed/POST${PROVISION_PATH}`;
const ofSigned = { ApiId: signedApiId };

describe('the API that takes signed requests', () => {
  it('has one route, of which IAM decides who may call it', () => {
    expect(on.one('AWS::ApiGatewayV2::Route', ofSigned)).toMatchObject({
      RouteKey: `POST ${PROVISION_PATH}`,
      AuthorizationType: 'AWS_IAM',
    });
  });

  it('hands the request over in the format in which the function finds the caller', () => {
    expect(on.one('AWS::ApiGatewayV2::Integration', ofSigned)).toMatchObject({
      IntegrationType: 'AWS_PROXY',
      PayloadFormatVersion: '2.0',
      IntegrationUri: functionArn,
    });
  });

  it('answers browsers that ask before they send what a signer added, for the origins of the settings only', () => {
    expect(on.one('AWS::ApiGatewayV2::Api', { Name: NAME })).toMatchObject({
      ProtocolType: 'HTTP',
      CorsConfiguration: {
        AllowOrigins: ['https://app.example.com'],
        AllowMethods: ['POST'],
        AllowHeaders: expect.arrayContaining(['authorization', 'x-amz-date', 'x-amz-security-token']),
      },
    });
  });

  it('takes no more than AWS IoT takes', () => {
    const { DefaultRouteSettings } = on.one('AWS::ApiGatewayV2::Stage', ofSigned);
    const { ThrottlingRateLimit } = z.object({ ThrottlingRateLimit: z.number() }).parse(DefaultRouteSettings);
    // ListAttachedPolicies and AttachPolicy for each, of which AWS takes 15 a second together.
    expect(2 * ThrottlingRateLimit).toBeLessThan(15);
    expect(ThrottlingRateLimit).toBeGreaterThan(0);
  });

  it('may invoke the function by its route, and nobody else may', () => {
    const permissions = on
      .of('AWS::Lambda::Permission')
      .map(({ properties }) => properties)
      .filter(({ FunctionName }) => FunctionName === functionArn);
    expect(permissions).toEqual([
      {
        Action: 'lambda:InvokeFunction',
        FunctionName: functionArn,
        Principal: 'apigateway.amazonaws.com',
        SourceArn: `arn:aws:execute-api:${region}:${accountId}:${signedApiId}/*/*${PROVISION_PATH}`,
      },
    ]);
  });

  it('has its address among the outputs', () => {
    expect(on.outputs['SignedProvisionUrl']).toMatch(/\/signed\/v1\/provision$/);
  });

  it('is not there unless it is asked for, nor is anything of it', () => {
    expect(JSON.stringify([off.all(), off.outputs])).not.toMatch(/AWS_IAM|execute-api:Invoke|[Ss]igned/);
    const types = (template: typeof on) => template.all().map(({ type }) => type);
    const more = types(on).toSorted();
    for (const type of types(off)) more.splice(more.indexOf(type), 1);
    expect(more).toEqual([
      'AWS::ApiGatewayV2::Api',
      'AWS::ApiGatewayV2::Integration',
      'AWS::ApiGatewayV2::Route',
      'AWS::ApiGatewayV2::Stage',
      'AWS::CloudWatch::Alarm',
      'AWS::CloudWatch::Alarm',
      'AWS::IAM::Role',
      'AWS::Lambda::Function',
      'AWS::Lambda::Permission',
      'AWS::Logs::LogGroup',
      'AWS::Logs::LogGroup',
      'AWS::Logs::MetricFilter',
    ]);
  });
});

describe('access logs', () => {
  it('of either API say nothing of who called, from where and with what', () => {
    const formats = on
      .of('AWS::ApiGatewayV2::Stage')
      .map(({ properties }) => JSON.stringify(properties['AccessLogSettings']));
    expect(formats).toHaveLength(2);
    for (const format of formats) {
      expect(format).toContain('$context.requestId');
      expect(format).not.toMatch(/identity|authorizer|claims|caller|user|sourceIp|[Pp]ath|message|principal/);
    }
  });
});

const Document = z.record(z.string(), z.unknown());
const Policies = z.array(z.object({ PolicyDocument: Document }));

/** The documents of a role, in it or beside it. */
function documentsOf(template: typeof on, RoleName: string) {
  const inside = template
    .of('AWS::IAM::Role')
    .filter(({ properties }) => properties['RoleName'] === RoleName)
    .flatMap(({ properties }) => Policies.parse(properties['Policies']))
    .map(({ PolicyDocument }) => PolicyDocument);
  const beside = template
    .of('AWS::IAM::RolePolicy')
    .filter(({ properties }) => properties['RoleName'] === RoleName)
    .map(({ properties }) => Document.parse(properties['PolicyDocument']));
  const documents = [...inside, ...beside];
  if (documents.length === 0) throw new TypeError(`${RoleName} has no policy`);
  return documents.map((document) => compilePolicy(document));
}

describe('who may call it, by the documents in the template', () => {
  const may = (
    template: typeof on,
    roleName: string,
    resource = route,
    session?: readonly ReturnType<typeof compilePolicy>[],
  ) =>
    evaluate(
      { identity: documentsOf(template, roleName), ...(session === undefined ? {} : { session }) },
      { action: 'execute-api:Invoke', resource, context: {} },
    ).allowed;
  const existing = synthesized.template('existing');

  it.each([
    ['somebody who signed in', on, 'stepcast-authenticated-us-east-1'],
    ['a speaker', on, 'stepcast-speaker-us-east-1'],
    ['a listener', on, 'stepcast-listener-us-east-1'],
    ['somebody who signed in to a pool that exists', existing, 'web-app-signed-in'],
  ] as const)(
    '%s may call the route, and no other API, stage, method or path',
    (_who, template, roleName) => {
      expect(may(template, roleName)).toBe(true);
      for (const other of [
        route.replace(signedApiId, DEPLOYED.apiId),
        route.replace('/signed/', '/$default/'),
        route.replace('/signed/', '/signed2/'),
        route.replace('/POST/', '/GET/'),
        route.replace('/POST/', '/OPTIONS/'),
        route.replace(PROVISION_PATH, '/v1/guests'),
        `${route}/more`,
      ])
        expect([other, may(template, roleName, other)]).toEqual([other, false]);
    },
  );

  it.each([
    ['a guest', on, 'stepcast-guest-us-east-1'],
    ['a guest of a pool that exists', existing, 'web-app-guest'],
  ] as const)('%s may not', (_who, template, roleName) => {
    expect(may(template, roleName)).toBe(false);
    expect(may(template, roleName, route, [compilePolicy(GUEST_SCOPE_DOWN, { kind: 'session' })])).toBe(
      false,
    );
  });

  it('nobody may where it is off', () => {
    for (const roleName of [
      'stepcast-authenticated-us-east-1',
      'stepcast-speaker-us-east-1',
      'stepcast-listener-us-east-1',
    ])
      expect(may(off, roleName)).toBe(false);
  });
});

const Variables = z.record(z.string(), z.string());
const { Environment } = on.one('AWS::Lambda::Function', { FunctionName: NAME });
const variables = {
  AWS_REGION: region,
  ...z.object({ Variables }).parse(Environment).Variables,
};

describe('the environment of its function', () => {
  it('is what the provisioner’s schema takes, with neither queues nor a loop', () => {
    expect(readProvisionerConfig(variables)).toMatchObject({
      accountId,
      identityPoolId,
      topicNamespace: 'acme/progress',
      iotPolicyName: on.one('AWS::IoT::Policy')['PolicyName'],
      allowedOrigins: ['https://app.example.com'],
      guestUploads: true,
      firstLoginsQueueUrl: undefined,
      reconcileMinutes: 0,
    });
  });
});

/**
 * Loads a bundle as Lambda does, with a stand-in for the IoT control plane, and puts events to its handler. Both are in one
 * process of their own, which ends with what was answered and what the stand-in was asked.
 */
const runBundle = `
  import { createServer } from 'node:http';
  import { pathToFileURL } from 'node:url';
  const [bundle, events] = process.argv.slice(1);
  const asked = [];
  const allowed = { authDecision: 'ALLOWED' };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://iot').pathname);
    asked.push(request.headers['x-amz-target'] ?? request.method + ' ' + path);
    request.resume();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(
      path.startsWith('/attached-policies/') ? { policies: [] }
      : path === '/test-authorization' ? { authResults: [allowed, allowed, allowed] } : {},
    ));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:' + server.address().port;
  const { handler } = await import(pathToFileURL(bundle));
  const answers = [];
  for (const event of JSON.parse(events)) answers.push(await handler(event, { awsRequestId: '1' }));
  server.close();
  server.closeAllConnections();
  process.stdout.write('\\n' + JSON.stringify({ answers, asked }));
`;
const Ran = z.object({
  answers: z.array(z.object({ statusCode: z.number(), body: z.string() })),
  asked: z.array(z.string()),
});

describe('its function as a bundle', () => {
  const alice = 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
  /** As an HTTP API sends it, payload 2.0, IAM authorization. */
  const signedBy = (cognitoIdentity: object | null) => ({
    version: '2.0',
    routeKey: `POST ${PROVISION_PATH}`,
    rawPath: `/signed${PROVISION_PATH}`,
    headers: { origin: 'https://app.example.com' },
    requestContext: {
      apiId: signedApiId,
      stage: 'signed',
      authorizer: { iam: { accountId, cognitoIdentity } },
    },
    isBase64Encoded: false,
  });

  it('is one module that attaches the policy to the identity that signed, and to no other', async () => {
    const { Handler, Runtime } = on.one('AWS::Lambda::Function', { FunctionName: NAME });
    expect([Handler, Runtime]).toEqual(['index.handler', 'nodejs24.x']);
    const amr = ['authenticated', `cognito-idp.${region}.amazonaws.com/${DEPLOYED.userPoolId}`];
    const events = [
      signedBy(null),
      signedBy({ identityId: alice, identityPoolId: 'us-east-1:00000000-0000-0000-0000-000000000000', amr }),
      signedBy({ identityId: alice, identityPoolId, amr }),
    ];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', runBundle, synthesized.bundle('on', NAME), JSON.stringify(events)],
      {
        env: { ...variables, AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' },
        timeout: 60_000,
        killSignal: 'SIGKILL',
      },
    );
    const ran = parseJson(Ran, stdout.split('\n').at(-1) ?? '');
    if (!ran.ok) throw new TypeError('the bundle said something else');
    const { answers, asked } = ran.value;
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([403, 403, 200]);
    expect(answers[2]?.body).toBe(JSON.stringify({ status: 'ready', identityId: alice }));
    // The outlines of the workflows are asked for beside it: this deployment shows them.
    const outlines = 'AWSStepFunctions.DescribeStateMachine';
    expect(asked).toContain(outlines);
    expect(asked.filter((one) => one !== outlines)).toEqual([
      `POST /attached-policies/${alice}`,
      `PUT /target-policies/${readProvisionerConfig(variables).iotPolicyName}`,
      'POST /test-authorization',
    ]);
  });
});
