import { ExecutionArn, uploadIdOf } from '@stepcast/contracts';
import { BatchesPostponedError } from '@stepcast/correlator';
import { hexDigest } from '@stepcast/kit';
import { AwsError } from '@stepcast/sandbox';
import { CORRELATION_KEYS, correlationKeys, ENV, journalKeys, QUEUE_NAMES, queueText } from '@stepcast/wire';
import { subscriptionPayload } from '../../support/awslogs.ts';
import { stepcast } from './command.ts';
import type { LetterWorld, Letters } from './letter-world.ts';
import { epochsOf, recordingOf, until, uploadToEnd, type EndedUpload } from './rebuilding.ts';

/** S3's event of a new object, as EventBridge sends it on. */
export function createdEvent(bucket: string, key: string, versionId?: string): string {
  return JSON.stringify({
    version: '0',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    time: '2026-11-03T10:15:00Z',
    detail: {
      bucket: { name: bucket },
      object: {
        key,
        size: 5,
        etag: 'b1946ac92492d2347c6235b4d2611184',
        sequencer: '00617F08299329D189',
        ...(versionId === undefined ? {} : { 'version-id': versionId }),
      },
    },
  });
}

function callerEvent(bucket: string, key: string, versionId: string, identityId: string): string {
  return JSON.stringify({
    version: '0',
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.s3',
    time: '2026-11-03T10:15:00Z',
    detail: {
      eventVersion: '1.11',
      eventTime: '2026-11-03T10:15:00Z',
      eventSource: 's3.amazonaws.com',
      eventName: 'PutObject',
      userIdentity: {
        type: 'AssumedRole',
        sessionContext: {
          webIdFederationData: {
            federatedProvider: 'cognito-identity.amazonaws.com',
            attributes: { 'cognito-identity.amazonaws.com:sub': identityId },
          },
        },
      },
      requestParameters: { bucketName: bucket, key },
      responseElements: { 'x-amz-version-id': versionId },
    },
  });
}

/** One more log event of an execution, as Step Functions logs it. */
const logged = (
  executionArn: string,
  id: number,
  type = 'PassStateEntered',
  details: object = { name: 'Late' },
) =>
  JSON.stringify({
    id: String(id),
    type,
    details,
    redrive_count: '0',
    previous_event_id: String(id - 1),
    event_timestamp: String(Date.UTC(2026, 10, 3, 10, 15, id)),
    execution_arn: executionArn,
  });
const batchOf = (executionArn: string, id = 2) =>
  queueText({
    version: 1,
    executionArn,
    records: [
      {
        id,
        type: 'PassStateEntered',
        previousEventId: id - 1,
        timestampMs: Date.UTC(2026, 10, 3, 10, 15, id),
        redriveCount: 0,
        details: { name: 'Late' },
      },
    ],
    reload: true,
  });

const statusIs = async (world: LetterWorld, { uploadId }: EndedUpload, status: string) =>
  (await epochsOf(world.sandbox, uploadId))[0]?.status === status;
const keyOf = async ({ identityOf }: LetterWorld, user: string, name: string) =>
  `users/${await identityOf(user)}/${name}`;

export const LETTERS_OF_CORRELATOR = {
  async CORRELATOR_BATCH_INVALID({ send }) {
    await send(QUEUE_NAMES.events, '{"version":9}');
    return { goes: QUEUE_NAMES.events };
  },
  async CORRELATOR_UPLOAD_INVALID({ send }) {
    await send(QUEUE_NAMES.uploads, '{"no":"event"}');
    return { goes: QUEUE_NAMES.uploads };
  },
  async CORRELATOR_STATUS_INVALID({ send }) {
    await send(QUEUE_NAMES.status, '{"no":"event"}');
    return { goes: QUEUE_NAMES.status };
  },
  async CORRELATOR_UPLOAD_UNOWNED({ send, sandbox }) {
    await send(QUEUE_NAMES.uploads, createdEvent(sandbox.info.bucket, 'elsewhere/photo.png'));
    return { goes: QUEUE_NAMES.uploads };
  },
  async CORRELATOR_OWNER_CONFLICT(world) {
    const { bucket } = world.sandbox.info;
    const key = await keyOf(world, 'alice', 'conflict.txt');
    await world.send(QUEUE_NAMES.uploads, callerEvent(bucket, key, 'v1', await world.identityOf('bob')));
    const { pk, sk } = journalKeys.root(uploadIdOf(bucket, key));
    await until('the caller is known', async () => (await world.lastItem(pk, sk)) !== undefined);
    await world.send(QUEUE_NAMES.uploads, createdEvent(bucket, key, 'v1'));
    return { goes: QUEUE_NAMES.uploads };
  },
  async CORRELATOR_START_FAILED(world) {
    world.interfere((action) => {
      if (action === 'states:StartExecution')
        throw new AwsError('InvalidExecutionInput', 400, 'it is too long');
    });
    const before = await world.started();
    const key = await keyOf(world, 'alice', 'start.txt');
    await world.send(QUEUE_NAMES.uploads, createdEvent(world.sandbox.info.bucket, key));
    return {
      goes: QUEUE_NAMES.uploads,
      mend: () => {
        world.interfere(() => undefined);
        return Promise.resolve();
      },
      holds: async () => (await world.started()) === before + 1,
    };
  },
  async CORRELATOR_STORED_ITEM_INVALID(world) {
    const upload = await uploadToEnd(world.sandbox, 'alice', 'stored.txt');
    const mend = await world.damage(
      correlationKeys.execution(hexDigest(upload.executionArn)),
      CORRELATION_KEYS.owner,
      'body',
    );
    await world.send(QUEUE_NAMES.events, batchOf(upload.executionArn));
    return { goes: QUEUE_NAMES.events, mend, holds: () => statusIs(world, upload, 'succeeded') };
  },
  async CORRELATOR_STORE_FAILED(world) {
    const upload = await uploadToEnd(world.sandbox, 'alice', 'refused.txt');
    const isRead = (action: string) => action === 'dynamodb:Query' || action === 'dynamodb:GetItem';
    world.interfere((action) => {
      if (isRead(action)) throw new AwsError('ValidationException', 400, 'the key has another name');
    });
    await world.send(QUEUE_NAMES.events, batchOf(upload.executionArn));
    return {
      goes: QUEUE_NAMES.events,
      made: () => {
        world.interfere(() => undefined);
        return Promise.resolve();
      },
      holds: () => statusIs(world, upload, 'succeeded'),
    };
  },
  async CORRELATOR_CHECKPOINT_INVALID(world) {
    const upload = await uploadToEnd(world.sandbox, 'bob', 'checkpoint.txt');
    const { identityId, uploadId, executionArn } = upload;
    const [epoch] = await epochsOf(world.sandbox, uploadId);
    const mend = await world.damage(
      `stream#${identityId}#${uploadId}#${epoch?.epoch ?? ''}`,
      '',
      'checkpoint',
    );
    // The sandbox's own engine has the stream in memory. One that has just been started reads it.
    const engine = world.services.engine({}, await world.services.broker());
    await engine.takePayload(subscriptionPayload([logged(executionArn, 2)]));
    return { goes: QUEUE_NAMES.events, mend, holds: () => statusIs(world, upload, 'succeeded') };
  },
  async CORRELATOR_UNOWNED(world) {
    const { sandbox, services } = world;
    const input = createdEvent(sandbox.info.bucket, await keyOf(world, 'alice', 'unowned.txt'));
    await world.lose(1);
    const executionArn = await world.start('unowned', input);
    await until('its end', async () =>
      JSON.stringify(await recordingOf(sandbox, executionArn)).includes('"SUCCEEDED"'),
    );
    await world.lose(0);
    // The key names the uploader at another place than this engine's configuration says.
    const engine = services.engine(
      {
        [ENV.keyTemplate]: 'people/{identityId}/',
        STEPCAST_OWNERSHIP_TIMEOUT_MS: '0',
      },
      await services.broker(),
    );
    await engine.takePayload(subscriptionPayload([logged(executionArn, 1, 'ExecutionStarted', { input })]));
    engine.start();
    return {
      goes: QUEUE_NAMES.events,
      mend: () => engine.stop({ force: true }),
      holds: async () =>
        /status +succeeded/.test((await stepcast('lookup', executionArn, '--endpoint', sandbox.url)).out),
    };
  },
  async CORRELATOR_RETRIES_EXHAUSTED(world) {
    const { sandbox, services } = world;
    const key = await keyOf(world, 'bob', 'bug.txt');
    const executionArn = ExecutionArn.parse(
      `${sandbox.info.stateMachineArn.replace(':stateMachine:', ':execution:')}:bug`,
    );
    const correlator = services.correlator(
      { STEPCAST_MAX_FAILURES: '2' },
      {
        send() {
          throw new TypeError('a bug');
        },
      },
    );
    const records = [
      [1, 'ExecutionStarted', { input: createdEvent(sandbox.info.bucket, key) }],
      [2, 'ExecutionSucceeded', {}],
    ] as const;
    const take = () =>
      correlator.takeBatches([
        {
          executionArn,
          records: records.map(([id, type, details]) => ({
            id,
            type,
            details,
            previousEventId: id - 1,
            timestampMs: Date.UTC(2026, 10, 3, 10, 15, id),
            redriveCount: 0,
          })),
        },
      ]);
    // The first failure gives it back.
    await take().catch((thrown: unknown) => {
      if (!(thrown instanceof BatchesPostponedError)) throw thrown;
    });
    await take();
    return {
      goes: QUEUE_NAMES.events,
      mend: () => correlator.stop({ force: true }),
      holds: async () =>
        /status +succeeded/.test((await stepcast('lookup', executionArn, '--endpoint', sandbox.url)).out),
    };
  },
} as const satisfies Partial<Letters>;
