import { DeleteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { uploadIdOf } from '@stepcast/contracts';
import { hexDigest } from '@stepcast/kit';
import type { Sandbox } from '@stepcast/sandbox';
import { CORRELATION_KEYS, correlationKeys, JOURNAL_TABLE_NAME, QUEUE_NAMES } from '@stepcast/wire';
import { postJson, subscriptionPayload } from './awslogs.ts';
import { signIn, type Person } from './person.ts';

export interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: string;
}

/** Makes what operators inspect. What AWS or somebody else would cause is caused the same way, or put into the table. */
export interface OperationsWorld {
  readonly person: Person;
  upload(name: string): Promise<Upload>;
  /** Records of an execution that nobody is proven to own. @returns its ARN */
  park(name: string): Promise<string>;
  /** An execution whose proofs disagree, of which a record is parked. */
  quarantine(name: string, reason: string): Promise<string>;
  /** A message that is no event of an upload: the correlator gives it up. */
  sendNoEvent(): Promise<void>;
  /** A letter whose original is the event of an upload: sent back, it begins a stream. */
  letterAbout(upload: Upload): Promise<void>;
  /** A letter about an execution that was given up for want of an owner. */
  letterWithoutOwner(name: string): Promise<void>;
  /** Deletes the item that names the owner of an execution. */
  forgetOwner(executionArn: string): Promise<void>;
}

/** An execution that no upload started. */
export const foreignExecution = (name: string) =>
  `arn:aws:states:us-east-1:111122223333:execution:Foreign:${name}`;
export const SECRET = 'CANARY-what-nobody-else-may-see';

/** The first record of an execution, as the correlator has it. */
const STARTED = {
  id: 1,
  type: 'ExecutionStarted',
  previousEventId: 0,
  timestampMs: 1,
  redriveCount: 0,
  details: {},
};

const ownerKeys = (executionArn: string) => ({
  pk: correlationKeys.execution(hexDigest(executionArn)),
  sk: CORRELATION_KEYS.owner,
});

export async function createOperationsWorld(sandbox: Sandbox): Promise<OperationsWorld> {
  const { info, access } = sandbox;
  const { region, endpoints, accountId, bucket } = info;
  const person = await signIn(info, 'alice');

  async function send(queue: string, body: string): Promise<void> {
    const sqs = new SQSClient({ region, endpoint: endpoints.sqs, credentials: access.root });
    await sqs.send(
      new SendMessageCommand({ QueueUrl: `${endpoints.sqs}/${accountId}/${queue}`, MessageBody: body }),
    );
    sqs.destroy();
  }
  /** Changes the table as nobody but the sandbox itself may. */
  async function change(make: (dynamodb: DynamoDBClient) => Promise<unknown>): Promise<void> {
    const dynamodb = new DynamoDBClient({ region, endpoint: endpoints.dynamodb, credentials: access.root });
    await make(dynamodb);
    dynamodb.destroy();
  }
  const putItem = (pk: string, sk: string, body: object) =>
    change((dynamodb) =>
      dynamodb.send(
        new PutItemCommand({
          TableName: JOURNAL_TABLE_NAME,
          Item: { pk: { S: pk }, sk: { S: sk }, body: { S: JSON.stringify(body) } },
        }),
      ),
    );
  const uploadOf = (name: string): Upload => {
    const key = `users/${person.identityId}/${name}`;
    return { bucket, key, uploadId: uploadIdOf(bucket, key) };
  };

  return {
    person,
    async upload(name) {
      const upload = uploadOf(name);
      await person.s3.send(
        new PutObjectCommand({ Bucket: bucket, Key: upload.key, Body: `${SECRET}\nanother line\n` }),
      );
      return upload;
    },
    async park(name) {
      const executionArn = foreignExecution(name);
      const logged = (id: number, type: string, details: object) =>
        JSON.stringify({
          id: String(id),
          type,
          details,
          redrive_count: '0',
          previous_event_id: String(id - 1),
          event_timestamp: String(1_762_164_900_000 + id),
          execution_arn: executionArn,
        });
      await postJson(
        `${sandbox.url}/awslogs`,
        subscriptionPayload([
          logged(1, 'ExecutionStarted', { input: JSON.stringify({ secret: SECRET }) }),
          logged(2, 'PassStateEntered', { name: 'Begin' }),
        ]),
      );
      return executionArn;
    },
    async quarantine(name, reason) {
      const executionArn = foreignExecution(name);
      const { pk, sk } = ownerKeys(executionArn);
      await putItem(pk, sk, { kind: 'quarantined', reason, executionArn });
      await putItem(pk, `${CORRELATION_KEYS.parkedPrefix}k`, {
        key: 'k',
        parkedMs: Date.now() - 65_000,
        records: [STARTED],
        statuses: [],
        inputSeen: false,
      });
      return executionArn;
    },
    sendNoEvent: () => send(QUEUE_NAMES.uploads, JSON.stringify({ secret: SECRET })),
    letterAbout: ({ key }) =>
      send(
        QUEUE_NAMES.deadLetters,
        JSON.stringify({
          version: 1,
          service: 'correlator',
          code: 'CORRELATOR_START_FAILED',
          reason: 'StateMachineDoesNotExist: the workflow had another name for an hour',
          at: new Date().toISOString(),
          queue: 'uploads',
          original: JSON.stringify(createdEvent(region, accountId, bucket, key)),
        }),
      ),
    async letterWithoutOwner(name) {
      const executionArn = foreignExecution(name);
      const reason = 'no input has come in';
      const { pk, sk } = ownerKeys(executionArn);
      await putItem(pk, sk, { kind: 'unowned', reason, executionArn });
      const letter = {
        version: 1,
        service: 'correlator',
        code: 'CORRELATOR_UNOWNED',
        reason,
        at: '2026-11-03T10:15:00.000Z',
        executionArn,
        original: JSON.stringify([STARTED]),
      };
      await send(QUEUE_NAMES.deadLetters, JSON.stringify(letter));
    },
    async forgetOwner(executionArn) {
      const { pk, sk } = ownerKeys(executionArn);
      const Key = { pk: { S: pk }, sk: { S: sk } };
      await change((dynamodb) =>
        dynamodb.send(new DeleteItemCommand({ TableName: JOURNAL_TABLE_NAME, Key })),
      );
    },
  };
}

function createdEvent(region: string, account: string, bucket: string, key: string): object {
  return {
    version: '0',
    id: '0f0e0d0c-0000-4000-8000-000000000001',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account,
    time: '2026-11-03T10:15:00Z',
    region,
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: { key, size: 5, etag: 'b1946ac92492d2347c6235b4d2611184', sequencer: '00617F08299329D189' },
      reason: 'PutObject',
    },
  };
}
