import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { topicSpace } from '@stepcast/contracts';
import { QUEUE_NAMES } from '@stepcast/wire';
import { errorFields, systemClock, systemTimers, type Lifecycle, type Logger } from '@stepcast/kit';
import {
  storedSigningKey,
  createIdentityPool,
  createUserPool,
  userPoolLogins,
  type IdentityPool,
  type UserPool,
} from '../cognito/index.ts';
import type { SandboxConfig } from '../config.ts';
import { forgetful } from '../core/index.ts';
import { keepMachines, restoreMachines } from './keep-machines.ts';
import { createDynamoDbService, type DynamoDbService } from '../dynamodb/index.ts';
import { createEventBus } from '../events/index.ts';
import type { FrontMount } from '../front/index.ts';
import { createLogsService, type LogStore } from '../logs/index.ts';
import { createIotControlPlane, type IotControlPlane } from '../iot/index.ts';
import { createSignaling, type Signaling } from '../kvs/index.ts';
import { createBroker, presignedUrlVerifier, type MqttBroker } from '../mqtt/index.ts';
import { createS3Service, type ObjectCreated, type S3Service } from '../s3/index.ts';
import { createSqsService, type SqsService } from '../sqs/index.ts';
import type { RecordedHistory, StatusChangeDetail, StepFunctions } from '../stepfunctions/index.ts';
import type { Access } from './access.ts';
import type { DataFolder } from '../data/data-folder.ts';
import { createWorkflow, type StandIns } from './create-workflow.ts';
import type { WorkflowWords } from './workflow-words.ts';
import { FEED, PREFIXES, SANDBOX_USERS, SIGNALING, type Place } from './place.ts';
import { poolRoles } from './pool-roles.ts';

/** What the emulated services tell those who relay it. */
export interface EmulationListeners {
  readonly onObjectCreated: (created: ObjectCreated) => void;
  readonly onHistoryEvents: (history: RecordedHistory) => void;
  readonly onStatusChange: (detail: StatusChangeDetail) => void;
  readonly onFunctionLine: (functionName: string, line: string) => void;
}

/** Everything of AWS that the sandbox has, not yet reachable. */
export interface Emulation {
  readonly s3: S3Service;
  readonly sqs: SqsService;
  readonly dynamodb: DynamoDbService;
  readonly userPool: UserPool;
  readonly identityPool: IdentityPool;
  readonly iot: IotControlPlane;
  readonly stepFunctions: StepFunctions;
  readonly broker: MqttBroker;
  readonly signaling: Signaling;
  /** What stand-ins answer for now, as far as it is known before it is called. */
  readonly standIns: () => StandIns;
  /** How a page may speak of the workflow now. */
  readonly words: () => WorkflowWords;
  readonly mounts: readonly FrontMount[];
}

export interface EmulationOptions {
  readonly config: SandboxConfig;
  readonly place: Place;
  readonly access: Access;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  /** Address of the sandbox as clients reach it; DescribeEndpoint answers its host and port. */
  readonly publicUrl: string;
  readonly listeners: EmulationListeners;
  /** `http://127.0.0.1:4200`: where the workflow reaches the services. */
  readonly ownUrl: string;
  /** What a report of a function has to bring along. */
  readonly reportToken: string;
  /** What the log groups hold. */
  readonly logStore: LogStore;
  /** For functions of the workflow, which reach S3 as any client does. Known once the server listens. */
  readonly s3Client: () => S3Client;
  /** What is stored across restarts; undefined: nothing is. */
  readonly data: DataFolder | undefined;
  /** Says a line to the person who started the sandbox. */
  readonly say: (line: string) => void;
}

/** Of those that are stored across restarts. */
const MAX_MESSAGES = 100_000;
const MAX_RETAINED = 100_000;

/** The same people have the same identity after a restart. */
const SEED = 'stepcast-sandbox';

export async function createEmulation(options: EmulationOptions): Promise<Emulation> {
  const { config, place, access, logger, lifecycle, listeners } = options;
  const { region, accountId } = place;
  const now = () => systemClock.nowMs();

  const { data } = options;
  const directory = data?.objects ?? (await mkdtemp(join(tmpdir(), 'stepcast-sandbox-')));
  if (data === undefined)
    lifecycle.onStop('object store', () => rm(directory, { recursive: true, force: true }));
  const s3 = createS3Service({
    accountId,
    region,
    directory,
    keepers:
      data === undefined ? undefined : { buckets: data.keeper('buckets'), objects: data.keeper('objects') },
    nowMs: now,
    newId: randomUUID,
    onObjectCreated: listeners.onObjectCreated,
  });
  s3.createBucket(place.bucket);

  const sqs = createSqsService({
    accountId,
    region,
    maxVisibilitySeconds: config.maxVisibilitySeconds,
    keepers:
      data === undefined
        ? undefined
        : { queues: data.keeper('queues'), messages: data.keeper('messages', MAX_MESSAGES) },
  });
  lifecycle.onStop('queues', () => sqs.close());
  await createQueues(sqs);
  await sqs.restore();

  const dynamodb = createDynamoDbService({
    accountId,
    region,
    path: data?.tables,
    keeper: data?.keeper('time to live'),
  });
  lifecycle.onStop('tables', () => dynamodb.close());

  const userPool = await createUserPool({
    region,
    userPoolId: place.userPoolId,
    clientId: place.userPoolClientId,
    users: SANDBOX_USERS.map(({ group, ...user }) => ({ ...user, groups: [group] })),
    seed: SEED,
    now,
    ...(data === undefined ? {} : { signingKey: await storedSigningKey(data.keeper('signing keys')) }),
  });
  const identityPool = createIdentityPool({
    region,
    accountId,
    identityPoolId: place.identityPoolId,
    identityPoolName: 'stepcast-sandbox',
    allowGuests: config.guests,
    credentialLifetimeMs: config.credentialSeconds * 1_000,
    providers: [
      userPoolLogins({
        providerName: userPool.providerName,
        issuer: userPool.issuer,
        clientId: userPool.clientId,
        jwks: () => userPool.jwks(),
        now,
      }),
    ],
    credentials: access.credentials,
    seed: SEED,
    now,
    roles: poolRoles(place, access, userPool, config.guests),
    keeper: data?.keeper('identities'),
  });

  const iot = createIotControlPlane({
    region,
    accountId,
    dataEndpoint: new URL(options.publicUrl).host,
    now,
    keeper: data?.keeper('policy attachments'),
    mayIdentity: (identityId, action, resource, clientId) =>
      identityPool.has(identityId) &&
      access.authorizer.authorize({
        principal: {
          kind: 'identity',
          accountId,
          roleName: access.policies.authenticated.roleName,
          identityId,
          identityPoolId: place.identityPoolId,
          authenticated: true,
          amr: ['authenticated', userPool.providerName],
        },
        action,
        resource,
        context: { 'iot:ClientId': clientId },
      }).allowed,
  });
  access.useIotPolicies(iot);

  const { stepFunctions, standIns, words } = await createWorkflow(options);
  lifecycle.onStop('workflows', () => stepFunctions.close());
  const machineKeeper = data?.keeper('state machines') ?? forgetful;
  const machines = keepMachines(stepFunctions.service, machineKeeper);
  await restoreMachines(
    stepFunctions.service,
    machineKeeper,
    { requestId: randomUUID(), principal: access.root.principal, authorize: () => undefined },
    (thrown) => logger.warn(errorFields(thrown), 'state machine not restored'),
  );

  const broker = await createBroker({
    region,
    accountId,
    authorizer: access.authorizer,
    verifyUpgrade: presignedUrlVerifier({ credentials: access.credentials, region, now }),
    authenticateService: (username, password) => access.serviceByPassword(username, password),
    now,
    random: Math.random,
    log: logger,
    // Stricter than IoT Core, which leaves the connection open: an application built against the sandbox sees that the client
    // comes back with fresh credentials, and nobody keeps receiving on rights that have run out.
    closeWhenCredentialsExpire: true,
    keeper: data?.keeper('retained messages', MAX_RETAINED),
  });
  lifecycle.onStop('broker', () => broker.close());

  const topics = topicSpace(config.topicNamespace);
  const eventBus = createEventBus({
    region,
    accountId,
    name: FEED.eventBus,
    newId: randomUUID,
    // What a rule with an IoT target would do in AWS.
    onCorrelation: (message) => {
      const { identityId, uploadId } = message.data;
      broker.publish(topics.build({ kind: 'correlation', identityId, uploadId }), JSON.stringify(message));
    },
  });

  const signaling = createSignaling({
    region,
    accountId,
    publicUrl: `${options.publicUrl}${PREFIXES.kinesisVideo}`,
    path: PREFIXES.kinesisVideo,
    credentials: access.credentials,
    authorizer: access.authorizer,
    now,
    timers: systemTimers,
  });
  signaling.createChannel(SIGNALING.channel);
  lifecycle.onStop('signaling', () => signaling.close());

  return {
    s3,
    sqs,
    dynamodb,
    userPool,
    identityPool,
    iot,
    stepFunctions,
    broker,
    signaling,
    standIns,
    words,
    mounts: [
      { prefix: PREFIXES.s3, cors: true, service: { kind: 'http', service: s3.service } },
      { prefix: PREFIXES.sqs, cors: true, service: { kind: 'http', service: sqs.service } },
      { prefix: PREFIXES.dynamodb, cors: true, service: { kind: 'http', service: dynamodb.service } },
      {
        prefix: PREFIXES.stepFunctions,
        cors: true,
        service: { kind: 'json', service: machines },
      },
      // As in AWS: browsers cannot call the control plane, which is why there is a provisioner.
      { prefix: PREFIXES.iot, cors: false, service: { kind: 'rest', service: iot.service } },
      { prefix: PREFIXES.cognitoIdp, cors: true, service: { kind: 'json', service: userPool.service } },
      {
        prefix: PREFIXES.cognitoIdentity,
        cors: true,
        service: { kind: 'json', service: identityPool.service },
      },
      {
        prefix: PREFIXES.logs,
        cors: false,
        service: {
          kind: 'json',
          service: createLogsService({ region, accountId, store: options.logStore, nowMs: now }),
        },
      },
      { prefix: PREFIXES.eventBridge, cors: false, service: { kind: 'json', service: eventBus } },
      { prefix: PREFIXES.kinesisVideo, cors: true, service: { kind: 'rest', service: signaling.service } },
    ],
  };
}

async function createQueues(sqs: SqsService): Promise<void> {
  await sqs.createQueue({ name: QUEUE_NAMES.deadLetters });
  await sqs.createQueue({ name: QUEUE_NAMES.uploads });
  await sqs.createQueue({ name: QUEUE_NAMES.status });
  await sqs.createQueue({ name: QUEUE_NAMES.events, attributes: { FifoQueue: 'true' } });
  await sqs.createQueue({ name: QUEUE_NAMES.progress, attributes: { FifoQueue: 'true' } });
}
