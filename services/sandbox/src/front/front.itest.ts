import {
  DescribeExecutionCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import {
  CognitoIdentityClient,
  GetIdCommand,
  ListIdentityPoolsCommand,
} from '@aws-sdk/client-cognito-identity';
import {
  AttachPolicyCommand,
  CreateThingCommand,
  IoTClient,
  ListAttachedPoliciesCommand,
} from '@aws-sdk/client-iot';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AwsError, type JsonService, type Operation, type RestService } from '../core/index.ts';
import { ACCOUNT, type Endpoints, REGION, startEndpoints } from '../testing/endpoint-harness.ts';

const executionArn = `arn:aws:states:${REGION}:${ACCOUNT}:execution:Machine:run`;
const seen: unknown[] = [];

const record: Operation = (input, call) => {
  seen.push({ input, principal: call.principal.kind });
  return Promise.resolve({});
};

const states: JsonService = {
  name: 'Step Functions',
  signingName: 'states',
  targetPrefix: 'AWSStepFunctions',
  jsonVersion: '1.0',
  publicOperations: new Set(),
  operations: {
    StartExecution: (input, call) => {
      call.authorize('states:StartExecution', `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:Machine`, {
        'aws:RequestTag/a': 'b',
      });
      seen.push(input);
      return Promise.resolve({ executionArn, startDate: 1793700930.123 });
    },
    DescribeExecution: () =>
      Promise.reject(
        new AwsError('ExecutionDoesNotExist', 400, `Execution Does Not Exist: '${executionArn}'`),
      ),
    ListStateMachines: () => Promise.reject(new TypeError('a bug')),
  },
};

const identity: JsonService = {
  name: 'Cognito identity pools',
  signingName: 'cognito-identity',
  targetPrefix: 'AWSCognitoIdentityService',
  jsonVersion: '1.1',
  publicOperations: new Set(['GetId']),
  operations: { GetId: record, ListIdentityPools: record },
};

const iot: RestService = {
  name: 'IoT',
  signingName: 'iot',
  routes: [
    { method: 'PUT', path: '/target-policies/{policyName}', operation: record },
    { method: 'POST', path: '/attached-policies/{target}', operation: record },
  ],
};

let endpoints: Endpoints;
const configuration = (path: string) => ({
  endpoint: `${endpoints.origin}${path}`,
  region: REGION,
  credentials: endpoints.rootKeys,
  maxAttempts: 1,
});

beforeAll(async () => {
  endpoints = await startEndpoints([
    { prefix: '/aws/states', cors: true, service: { kind: 'json', service: states } },
    { prefix: '/aws/cognito-identity', cors: true, service: { kind: 'json', service: identity } },
    { prefix: '/aws/iot', cors: false, service: { kind: 'rest', service: iot } },
  ]);
});

afterEach(() => {
  endpoints.authorizer.denies = () => false;
  endpoints.authorizer.asked.length = 0;
  endpoints.errors.length = 0;
  endpoints.skewMs = 0;
  seen.length = 0;
});

afterAll(() => endpoints.close());

const sfn = (more: object = {}) => new SFNClient({ ...configuration('/aws/states'), ...more });
const startExecution = new StartExecutionCommand({
  stateMachineArn: `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:Machine`,
  input: '{"ü":"🎉"}',
});

describe('a JSON service', () => {
  it('gets the input of an operation and its output goes back', async () => {
    const reply = await sfn().send(startExecution);
    expect(reply.executionArn).toBe(executionArn);
    expect(reply.startDate?.getTime()).toBe(1793700930123);
    expect(reply.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(seen).toEqual([startExecution.input]);
  });

  it('is asked to authorize with the proven principal, and a refusal is worded as AWS does', async () => {
    endpoints.authorizer.denies = () => true;
    await expect(sfn().send(startExecution)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message:
        `User: arn:aws:iam::${ACCOUNT}:root is not authorized to perform: states:StartExecution on resource: ` +
        `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:Machine because no identity-based policy allows the ` +
        'states:StartExecution action',
    });
    expect(seen).toEqual([]);
    expect(endpoints.authorizer.asked).toMatchObject([
      { principal: { kind: 'root' }, context: { 'aws:RequestTag/a': 'b' } },
    ]);
  });

  it('passes its errors on, and hides what is a bug', async () => {
    await expect(sfn().send(new DescribeExecutionCommand({ executionArn }))).rejects.toMatchObject({
      name: 'ExecutionDoesNotExist',
      message: `Execution Does Not Exist: '${executionArn}'`,
    });
    await expect(sfn().send(new ListStateMachinesCommand({}))).rejects.toMatchObject({
      name: 'InternalFailure',
      $metadata: { httpStatusCode: 500 },
      message: expect.not.stringContaining('a bug') as unknown,
    });
    expect(endpoints.errors).toHaveLength(1);
  });

  it.each([
    ['a wrong secret', { secretAccessKey: 'wrong' }, 'InvalidSignatureException'],
    ['an unknown key', { accessKeyId: 'AKIAUNKNOWN' }, 'UnrecognizedClientException'],
    ['a token that nobody issued', { sessionToken: 'made up' }, 'UnrecognizedClientException'],
  ])('refuses %s', async (_name, keys, code) => {
    const client = sfn({ credentials: { ...endpoints.rootKeys, ...keys } });
    await expect(client.send(startExecution)).rejects.toMatchObject({ name: code });
    expect(seen).toEqual([]);
  });

  it('refuses temporary keys when their time is over', async () => {
    const {
      accessKeyId,
      secretAccessKey,
      sessionToken = '',
    } = endpoints.credentials.issue({
      principal: { kind: 'service', accountId: ACCOUNT, roleName: 'correlator' },
      lifetimeMs: 60_000,
    });
    const client = sfn({ credentials: { accessKeyId, secretAccessKey, sessionToken } });
    await client.send(startExecution);
    expect(endpoints.authorizer.asked).toMatchObject([{ principal: { roleName: 'correlator' } }]);
    endpoints.skewMs = 60_000;
    await expect(client.send(startExecution)).rejects.toMatchObject({ name: 'ExpiredTokenException' });
  });

  const raw = (headers: Record<string, string>, body = '{}') =>
    fetch(`${endpoints.origin}/aws/cognito-identity`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.1', ...headers },
      body,
    });

  it('takes public operations unsigned, others not', async () => {
    const anonymous = new CognitoIdentityClient({
      endpoint: `${endpoints.origin}/aws/cognito-identity`,
      region: REGION,
    });
    await anonymous.send(new GetIdCommand({ IdentityPoolId: 'pool' }));
    expect(seen).toEqual([{ input: { IdentityPoolId: 'pool' }, principal: 'anonymous' }]);
    const unsigned = await raw({ 'x-amz-target': 'AWSCognitoIdentityService.ListIdentityPools' });
    expect([unsigned.status, await unsigned.json()]).toEqual([
      400,
      expect.objectContaining({ __type: 'MissingAuthenticationTokenException' }),
    ]);
    await new CognitoIdentityClient(configuration('/aws/cognito-identity')).send(
      new ListIdentityPoolsCommand({ MaxResults: 1 }),
    );
    expect(seen).toHaveLength(2);
  });

  it('refuses a bad signature also on a public operation', async () => {
    const reply = await raw({
      'x-amz-target': 'AWSCognitoIdentityService.GetId',
      authorization: 'AWS4-HMAC-SHA256 nonsense',
    });
    expect(reply.status).toBe(400);
    expect(seen).toEqual([]);
  });

  it.each([
    ['no target', {}, 400, 'MissingAuthenticationTokenException'],
    [
      'a body that is no JSON',
      { 'x-amz-target': 'AWSCognitoIdentityService.GetId' },
      400,
      'SerializationException',
    ],
  ])('answers %s with an error', async (_name, headers, status, code) => {
    const reply = await raw(headers, '{"broken');
    expect([reply.status, reply.headers.get('x-amzn-errortype')]).toEqual([status, code]);
    expect(reply.headers.get('x-amzn-requestid')).not.toBeNull();
  });

  it('answers what is not there with NotImplemented, never with 200', async () => {
    const client = sfn();
    client.middlewareStack.add(
      (next) => (args) => {
        const { request } = args;
        if (request !== null && typeof request === 'object' && 'headers' in request)
          Object.assign(request.headers as object, { 'x-amz-target': 'AWSStepFunctions.toString' });
        return next(args);
      },
      { step: 'build' },
    );
    await expect(client.send(startExecution)).rejects.toMatchObject({
      name: 'NotImplemented',
      $metadata: { httpStatusCode: 501 },
    });
  });

  it('refuses bodies over its limit', async () => {
    const reply = await raw(
      { 'x-amz-target': 'AWSCognitoIdentityService.GetId' },
      `"${'x'.repeat(5 * 1024 * 1024)}"`,
    );
    expect(reply.status).toBe(413);
  });
});

describe('a REST service', () => {
  it('gets path, query and body as one input; the path wins', async () => {
    const client = new IoTClient(configuration('/aws/iot'));
    const target = 'eu-central-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
    await client.send(new AttachPolicyCommand({ policyName: 'stepcast identity', target }));
    await client.send(new ListAttachedPoliciesCommand({ target, pageSize: 5 }));
    expect(seen).toEqual([
      { input: { policyName: 'stepcast identity', target }, principal: 'root' },
      { input: { target, pageSize: '5' }, principal: 'root' },
    ]);
    await expect(client.send(new CreateThingCommand({ thingName: 'x' }))).rejects.toMatchObject({
      name: 'NotImplemented',
    });
  });

  it('sends no CORS headers and answers no preflight when configured so', async () => {
    const preflight = await fetch(`${endpoints.origin}/aws/iot/target-policies/x`, {
      method: 'OPTIONS',
      headers: { origin: 'http://a.example', 'access-control-request-method': 'PUT' },
    });
    expect(preflight.ok).toBe(false);
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });
});

it('other routes live beside the front', async () => {
  expect(await (await fetch(`${endpoints.origin}/beside`)).json()).toEqual({ beside: true });
  expect((await fetch(`${endpoints.origin}/aws/none`)).status).toBe(404);
});
