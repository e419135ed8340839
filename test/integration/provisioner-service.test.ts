import { CognitoIdentityClient, DeleteIdentitiesCommand } from '@aws-sdk/client-cognito-identity';
import { DetachPolicyCommand, IoTClient, ListTargetsForPolicyCommand } from '@aws-sdk/client-iot';
import { SFNClient } from '@aws-sdk/client-sfn';
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJson, PROVISION_PATH, ProvisionReply } from '@stepcast/contracts';
import { DeadLetter, FIRST_LOGINS_QUEUE_NAME, QUEUE_NAMES } from '@stepcast/wire';
import {
  createHealthChecks,
  createMetrics,
  Lifecycle,
  silentLogger,
  systemClock,
  systemTimers,
  type Logger,
  type Timers,
} from '@stepcast/kit';
import { readProvisionerConfig, startProvisioner } from '@stepcast/provisioner';
import type { Sandbox } from '@stepcast/sandbox';
import { guestActor, operator, signedInActor, type Operator } from './isolation/actors.ts';
import { signIn } from '../support/person.ts';
import { startTestSandbox } from '../support/sandbox.ts';

const RECONCILE_MINUTES = 7;

let sandbox: Sandbox;
let root: Operator;
let sqs: SQSClient;
let cognito: CognitoIdentityClient;
let lifecycle: Lifecycle;
const health = createHealthChecks();
let queueUrl: string;
let serviceUrl: string;
let turnOfReconciliation: (() => void) | undefined;

/** Everything that the service said, and who waits for some of it. */
const said: { readonly fields: object; readonly message: string }[] = [];
const listeners = new Set<() => void>();
const logger: Logger = {
  ...silentLogger,
  info: (fields, message) => {
    said.push({ fields, message });
    for (const check of listeners) check();
  },
};
const audit = () => said.flatMap(({ fields }) => ('audit' in fields ? [fields] : []));

function saying(message: string, times: number): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (said.filter((one) => one.message === message).length < times) return;
      listeners.delete(check);
      resolve();
    };
    listeners.add(check);
    check();
  });
}

/** The process's own timers, but the one of the reconciliation, which the test fires. */
const timers: Timers = {
  after(delayMs, callback) {
    if (delayMs !== RECONCILE_MINUTES * 60_000) return systemTimers.after(delayMs, callback);
    turnOfReconciliation = callback;
    return () => {
      turnOfReconciliation = undefined;
    };
  },
};

beforeAll(async () => {
  sandbox = await startTestSandbox({ argv: ['--guests'] });
  root = operator(sandbox);
  const { region, endpoints, accountId, identityPoolId, userPoolId, userPoolClientId } = sandbox.info;
  const keysOf = ({ accessKeyId, secretAccessKey }: typeof sandbox.access.root) => ({
    region,
    credentials: { accessKeyId, secretAccessKey },
  });
  const asRoot = keysOf(sandbox.access.root);
  sqs = new SQSClient({ ...asRoot, endpoint: endpoints.sqs });
  cognito = new CognitoIdentityClient({ ...asRoot, endpoint: endpoints.cognitoIdentity });
  await sqs.send(new CreateQueueCommand({ QueueName: FIRST_LOGINS_QUEUE_NAME }));
  const urlOf = (name: string) => `${endpoints.sqs}/${accountId}/${name}`;
  queueUrl = urlOf(FIRST_LOGINS_QUEUE_NAME);

  // Under its own role: what it may not do here, it may not do in AWS.
  const asService = keysOf(sandbox.access.services.provisioner);
  lifecycle = new Lifecycle(silentLogger);
  serviceUrl = await startProvisioner({
    config: readProvisionerConfig({
      HOST: '127.0.0.1',
      PORT: '0',
      AWS_REGION: region,
      STEPCAST_ACCOUNT_ID: accountId,
      STEPCAST_IDENTITY_POOL_ID: identityPoolId,
      STEPCAST_USER_POOL_ID: userPoolId,
      STEPCAST_USER_POOL_CLIENT_ID: userPoolClientId,
      STEPCAST_JWKS_URL: endpoints.jwks,
      STEPCAST_SHOWN_WORKFLOWS: sandbox.info.stateMachineArn.split(':').at(-1) ?? '',
      STEPCAST_FIRST_LOGINS_QUEUE_URL: queueUrl,
      STEPCAST_DEAD_LETTER_QUEUE_URL: urlOf(QUEUE_NAMES.deadLetters),
      STEPCAST_RECONCILE_MINUTES: String(RECONCILE_MINUTES),
    }),
    clients: {
      iot: new IoTClient({ ...asService, endpoint: endpoints.iot }),
      cognitoIdentity: new CognitoIdentityClient({ ...asService, endpoint: endpoints.cognitoIdentity }),
      sfn: new SFNClient({ ...asService, endpoint: endpoints.stepFunctions }),
      sqs: new SQSClient({ ...asService, endpoint: endpoints.sqs }),
    },
    clock: systemClock,
    timers,
    logger,
    metrics: createMetrics('test_'),
    lifecycle,
    health,
  });
});
afterAll(async () => {
  await lifecycle.stop();
  health.close();
  sqs.destroy();
  cognito.destroy();
  await sandbox.stop();
});

/** As an EventBridge rule hands on what CloudTrail recorded of a login. */
const recordOf = (identityId: string) => ({
  'detail-type': 'AWS API Call via CloudTrail',
  source: 'aws.cognito-identity',
  detail: {
    eventSource: 'cognito-identity.amazonaws.com',
    eventName: 'GetCredentialsForIdentity',
    awsRegion: sandbox.info.region,
    eventID: '6ad1c766-5a41-4b28-b5ca-e223ccb00f0d',
    requestParameters: {
      logins: {
        [`cognito-idp.${sandbox.info.region}.amazonaws.com/${sandbox.info.userPoolId}`]:
          'HIDDEN_DUE_TO_SECURITY_REASONS',
      },
      identityId,
    },
    responseElements: { identityId },
    resources: [
      {
        type: 'AWS::Cognito::IdentityPool',
        ARN: `arn:aws:cognito-identity:${sandbox.info.region}:${sandbox.info.accountId}:identitypool/${sandbox.info.identityPoolId}`,
      },
    ],
  },
});

const arrives = (text: string) => sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: text }));
const targets = async () =>
  (await root.iot.send(new ListTargetsForPolicyCommand({ policyName: sandbox.info.iotPolicyName })))
    .targets ?? [];

describe('the provisioner as it is started, under its own role', () => {
  it('is ready by all that it depends on, and has its loop watched', async () => {
    const OK = { ok: true };
    await expect(health.ready()).resolves.toEqual({
      ok: true,
      checks: { iot: OK, cognito: OK, jwks: OK, firstLogins: OK },
    });
    expect(health.live().checks).toMatchObject({ reconciliation: OK });
  });

  it('attaches by the queue of first logins whom Cognito confirms, and gives up what is no record', async () => {
    const alice = await signedInActor(sandbox, 'alice');
    const guest = await guestActor(sandbox, 'guest');
    await expect(alice.connect(alice.identityId)).rejects.toThrow(/not authorized/i);
    await arrives('no record at all');
    // A guest with a forged login: Cognito knows better.
    await arrives(JSON.stringify(recordOf(guest.identityId)));
    await arrives(JSON.stringify(recordOf(alice.identityId)));
    await saying('policy attached', 1);
    expect(audit()).toEqual([
      { audit: true, action: 'attachPolicy', identityId: alice.identityId, way: 'cloudTrail' },
    ]);
    await expect(targets()).resolves.toEqual([alice.identityId]);
    const client = await alice.connect(alice.identityId);
    await client.endAsync();

    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl.replace(FIRST_LOGINS_QUEUE_NAME, QUEUE_NAMES.deadLetters),
        WaitTimeSeconds: 10,
      }),
    );
    expect(Messages.map(({ Body = '' }) => parseJson(DeadLetter, Body))).toEqual([
      expect.objectContaining({
        ok: true,
        value: expect.objectContaining({ service: 'provisioner', code: 'PROVISIONER_LOGIN_MALFORMED' }),
      }),
    ]);
  });

  it('mends drift in its turn, again and again, and writes down each change', async () => {
    const [alice, bob] = await Promise.all([signedInActor(sandbox, 'alice'), signedInActor(sandbox, 'bob')]);
    const turn = () => turnOfReconciliation?.();
    await root.iot.send(
      new DetachPolicyCommand({ policyName: sandbox.info.iotPolicyName, target: alice.identityId }),
    );
    said.length = 0;
    turn();
    await saying('attachments compared with identities', 1);
    const byId = (a: string, b: string) => a.localeCompare(b);
    expect([...(await targets())].toSorted(byId)).toEqual([alice.identityId, bob.identityId].toSorted(byId));
    await cognito.send(new DeleteIdentitiesCommand({ IdentityIdsToDelete: [bob.identityId] }));
    turn();
    await saying('attachments compared with identities', 2);
    await expect(targets()).resolves.toEqual([alice.identityId]);
    expect(audit()).toHaveLength(3);
    expect(audit()).toEqual(
      expect.arrayContaining([
        { audit: true, action: 'attachPolicy', identityId: alice.identityId, way: 'reconcile' },
        { audit: true, action: 'attachPolicy', identityId: bob.identityId, way: 'reconcile' },
        { audit: true, action: 'detachPolicy', identityId: bob.identityId, way: 'reconcile' },
      ]),
    );
    expect(turnOfReconciliation).toBeDefined();
  });

  it('tells the outline of the workflow, read under its own role, and nothing else of its definition', async () => {
    const { idToken } = await signIn(sandbox.info, 'bob');
    const response = await fetch(`${serviceUrl}${PROVISION_PATH}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${idToken}` },
    });
    const text = await response.text();
    expect(parseJson(ProvisionReply, text)).toMatchObject({
      ok: true,
      value: {
        workflows: [
          {
            name: 'PhotoPipeline',
            states: expect.arrayContaining([
              { name: 'Resize', type: 'Task', start: true, inside: 'Make smaller copies' },
            ]),
          },
        ],
      },
    });
    expect(text).not.toMatch(/arn:|Payload|Comment/);
  });
});
