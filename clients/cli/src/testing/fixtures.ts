import { keyTemplate, topicSpace } from '@stepcast/contracts';
import { QUEUE_NAMES } from '@stepcast/wire';
import { buildPolicies } from '@stepcast/policies';
import { diagnose } from '../domain/diagnose.ts';
import { known, type Chain, type Evidence, type Lookup, type Queue, type Role } from '../domain/evidence.ts';
import { type LinkResult } from '../domain/link.ts';
import { allLinks } from '../domain/links/index.ts';
import { type Setup } from '../domain/setup.ts';

/** A deployment in which every link holds, and builders for those in which one does not. Only for tests. */
export const NOW_MS = Date.UTC(2026, 10, 3, 10, 15);
export const ACCOUNT = '111122223333';
export const REGION = 'us-east-1';
export const POOL_ID = 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11';
export const IDENTITY_ID = 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
export const USER_POOL_ID = 'us-east-1_Ab3dEf9Gh';
export const CLIENT_ID = '7h2k9q0m4v8t1c6r3p5s0w2x9z';
export const BUCKET = 'progress-uploads-111122223333';
export const LOG_GROUP = '/aws/vendedlogs/states/ProgressPipeline-Logs';
export const MACHINE_ARN = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:ProgressPipeline`;
export const ENDPOINT = 'a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com';

export const built = buildPolicies({
  region: REGION,
  accountId: ACCOUNT,
  bucket: BUCKET,
  identityPoolId: POOL_ID,
  kvs: { channelPattern: 'session-*' },
});

export const roleArn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
export const AUTHENTICATED = roleArn(built.authenticated.roleName);
export const GUEST = roleArn(built.guest.roleName);
export const MACHINE_ROLE = roleArn('ProgressPipelineRole');

export const healthySetup: Setup = {
  region: REGION,
  partition: 'aws',
  accountId: ACCOUNT,
  identityPoolId: POOL_ID,
  userPoolId: USER_POOL_ID,
  userPoolClientId: CLIENT_ID,
  bucket: BUCKET,
  keyTemplate: keyTemplate('users/{identityId}/'),
  topics: topicSpace(),
  iotPolicyName: built.iotPolicy.name,
  authenticatedRoleName: built.authenticated.roleName,
  guestRoleName: built.guest.roleName,
  identityId: IDENTITY_ID,
  stateMachineArn: MACHINE_ARN,
  logGroupName: undefined,
  forwarderFunctionName: 'stepcast-forwarder',
  stage: undefined,
  queueNames: QUEUE_NAMES,
  size: undefined,
  appOrigin: 'https://app.example.com',
  showsWorkflows: true,
  isObserved: true,
  inputPaths: [{ bucket: 'document.bucket', key: 'document.key' }],
  persistentSessions: false,
  kvs: { channelPattern: 'session-*', authenticated: 'listener', guests: false },
  profile: 'operator',
  stackName: 'stepcast',
  settingsFiles: ['app/.env'],
  templateFiles: [],
  sandboxUrl: undefined,
};

/** Of two executions: one names its upload through the configured path, the other in a form that is known. */
export const RECENT_INPUTS: readonly (string | undefined)[] = [
  JSON.stringify({ document: { bucket: BUCKET, key: `users/${IDENTITY_ID}/uploads/a.png` } }),
  JSON.stringify({ bucket: BUCKET, key: `users/${IDENTITY_ID}/uploads/b.png` }),
];

export const found = <T>(value: T): Evidence<Lookup<T>> => known({ found: true, value });
export const notFound: Evidence<Lookup<never>> = known({ found: false });

export function role(arn: string, trust: unknown, policies: Role['policies']): Role {
  return { arn, name: arn.slice(arn.lastIndexOf('/') + 1), trust, policies, boundaryArn: undefined };
}

export const authenticatedRole = role(AUTHENTICATED, built.authenticated.trust, [
  { name: built.authenticated.policyName, document: built.authenticated.document },
]);
export const guestRole = role(GUEST, built.guest.trust, [
  { name: built.guest.policyName, document: built.guest.document },
]);
const machineRole = role(MACHINE_ROLE, {}, [
  {
    name: 'log-delivery',
    document: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'logs:*', Resource: '*' }],
    },
  },
]);

const provisionerRole = role(roleArn('stepcast-provisioner-token-us-east-1'), {}, [
  {
    name: 'shown',
    document: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'states:DescribeStateMachine', Resource: MACHINE_ARN }],
    },
  },
]);

export function withRoles(...roles: readonly Role[]): Chain['roles'] {
  const all = [authenticatedRole, guestRole, machineRole, provisionerRole, ...roles];
  return new Map(all.map((one) => [one.arn, found(one)]));
}

const queueArn = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;

export function queue(name: string, change: Partial<Queue> = {}): readonly [string, Evidence<Lookup<Queue>>] {
  return [
    name,
    found({
      arn: queueArn(name),
      fifo: name.endsWith('.fifo'),
      messages: 0,
      redrive: undefined,
      policy: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: 'sqs:SendMessage',
            Resource: queueArn(name),
          },
        ],
      },
      ...change,
    }),
  ];
}

export function queues(...changed: readonly (readonly [string, Evidence<Lookup<Queue>>])[]): Chain['queues'] {
  return new Map([...Object.values(QUEUE_NAMES).map((name) => queue(name)), ...changed]);
}

export const healthyPool = {
  id: POOL_ID,
  name: 'progress',
  allowsGuests: true,
  allowsClassicFlow: false,
  providers: [{ providerName: `cognito-idp.us-east-1.amazonaws.com/${USER_POOL_ID}`, clientId: CLIENT_ID }],
};
export const healthyPoolRoles = {
  authenticated: AUTHENTICATED,
  unauthenticated: GUEST,
  mapped: [],
  mappings: undefined,
};
export const healthyMachine = {
  arn: MACHINE_ARN,
  type: 'STANDARD',
  roleArn: MACHINE_ROLE,
  logLevel: 'ALL',
  includesExecutionData: true,
  logGroupArns: [`arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${LOG_GROUP}:*`],
};
export const healthyProfile = {
  name: 'operator',
  session: { name: 'company', startUrl: 'https://d-1234567890.awsapps.com/start', region: REGION },
  missingSession: undefined,
  accountId: ACCOUNT,
  roleName: 'StepcastOperator',
  region: REGION,
};
export const healthySso: Chain['sso'] = {
  profiles: known(['default', 'operator']),
  profile: found(healthyProfile),
  login: found({ startUrl: 'https://d-1234567890.awsapps.com/start', expiresAtMs: NOW_MS + 3_600_000 }),
  otherLogins: known([]),
  accounts: known([{ id: ACCOUNT, name: 'progress' }]),
  roleNames: known(['StepcastOperator', 'ViewOnlyAccess']),
  credentials: known({ granted: true }),
};

export function envFile(path: string, lines: readonly string[], withheld: readonly string[] = []) {
  return {
    path,
    entries: known(
      lines.map((text, index) => {
        const [name = '', value = ''] = text.split('=', 2);
        const hidden = withheld.includes(name);
        return { name, value: hidden ? '' : value, withheld: hidden, line: index + 1 };
      }),
    ),
  };
}

export const healthyEnv = [
  'VITE_AWS_REGION=us-east-1',
  `VITE_COGNITO_USER_POOL_ID=${USER_POOL_ID}`,
  `VITE_COGNITO_CLIENT_ID=${CLIENT_ID}`,
  `VITE_COGNITO_IDENTITY_POOL_ID=${POOL_ID}`,
  `VITE_IOT_ENDPOINT=wss://${ENDPOINT}/mqtt`,
  `VITE_UPLOAD_BUCKET=${BUCKET}`,
];

export const healthyChain: Chain = {
  caller: known({
    accountId: ACCOUNT,
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/AWSReservedSSO_StepcastOperator_0123456789abcdef/ann`,
  }),
  identityPool: found(healthyPool),
  poolIdIsIdentity: known(false),
  identityPools: known([{ id: POOL_ID, name: 'progress' }]),
  poolRoles: known(healthyPoolRoles),
  roles: withRoles(),
  userPool: found({ id: USER_POOL_ID }),
  userPoolClient: found({ id: CLIENT_ID, hasSecret: false }),
  iotPolicy: found({ name: built.iotPolicy.name, document: built.iotPolicy.document }),
  attachedPolicies: known([built.iotPolicy.name]),
  iotVerdicts: known([{ action: 'iot:Connect', resource: 'client', decision: 'ALLOWED' }]),
  iotEndpoint: known(ENDPOINT),
  bucketPolicy: found<unknown>(built.bucketPolicy),
  bucketCors: known([
    {
      id: undefined,
      allowedOrigins: ['https://*.example.com'],
      allowedMethods: ['PUT', 'POST', 'GET', 'HEAD'],
      allowedHeaders: ['*'],
      exposeHeaders: ['ETag', 'x-amz-version-id', 'x-amz-request-id'],
      maxAgeSeconds: 3_600,
    },
  ]),
  bucketEvents: known({ eventBridge: true, queueArns: [] }),
  prefixLevels: known([IDENTITY_ID]),
  prefixProbe: known({
    ownPrefix: `users/${IDENTITY_ID}/`,
    own: 'allowed',
    foreignPrefix: 'users/other/',
    foreign: 'denied',
    message: undefined,
  }),
  stateMachine: found(healthyMachine),
  recentInputs: known({
    judged: [
      { kind: 'path', index: 0 },
      { kind: 'shape', shape: 'flat' },
    ],
    withoutInput: 0,
  }),
  logGroup: found({ name: LOG_GROUP, logClass: 'STANDARD' }),
  logResourcePolicies: known([
    {
      name: 'AWSLogDeliveryWrite20150319',
      document: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'delivery.logs.amazonaws.com' },
            Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            Resource: `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/vendedlogs/*:log-stream:*`,
            Condition: {
              StringEquals: { 'aws:SourceAccount': ACCOUNT },
              ArnLike: { 'aws:SourceArn': `arn:aws:logs:${REGION}:${ACCOUNT}:*` },
            },
          },
        ],
      },
    },
  ]),
  subscriptionFilters: known([
    {
      name: 'stepcast-forwarder',
      pattern: '',
      destinationArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:stepcast-forwarder`,
    },
  ]),
  queues: queues(),
  sso: healthySso,
  stack: found({ status: 'CREATE_COMPLETE', outputs: {} }),
  settingsFiles: [envFile('app/.env', healthyEnv)],
  templates: [],
};

/** The result of one link for a deployment that differs from the healthy one in what is given. */
export function judge(link: string, chain: Partial<Chain> = {}, setup: Partial<Setup> = {}): LinkResult {
  const { results, skipped } = diagnose(
    allLinks(() => NOW_MS).filter(({ id }) => id === link),
    { ...healthySetup, ...setup },
    { ...healthyChain, ...chain },
  );
  const [result] = results;
  if (result === undefined)
    throw new TypeError(
      `the link ${link} was not asked: ${skipped[0]?.reason ?? 'there is none of that name'}`,
    );
  return result;
}
