import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { executionNameOf, epochOf, IdentityId, uploadIdOf } from '@stepcast/contracts';
import { hexDigest } from '@stepcast/kit';
import {
  CORRELATION_KEYS,
  correlationKeys,
  JOURNAL_TABLE_NAME,
  QUEUE_NAMES,
  queueText,
} from '@stepcast/wire';
import type { Sandbox } from '@stepcast/sandbox';
import { signIn } from '../../support/person.ts';
import { startTestSandbox } from '../../support/sandbox.ts';
import { stepcast } from './command.ts';

let sandbox: Sandbox;
let sqs: SQSClient;
let dynamodb: DynamoDBClient;
let identityId: IdentityId;

beforeAll(async () => {
  sandbox = await startTestSandbox({
    argv: [
      '--definition',
      'services/sandbox/examples/word-count.asl.json',
      '--handlers',
      'services/sandbox/examples/word-count-handlers.mjs',
    ],
  });
  const { region, endpoints } = sandbox.info;
  const credentials = sandbox.access.root;
  sqs = new SQSClient({ region, endpoint: endpoints.sqs, credentials });
  dynamodb = new DynamoDBClient({ region, endpoint: endpoints.dynamodb, credentials });
  identityId = IdentityId.parse((await signIn(sandbox.info, 'alice')).identityId);
});
afterAll(async () => {
  sqs.destroy();
  dynamodb.destroy();
  await sandbox.stop();
});

const createdEvent = (key: string) => ({
  version: '0',
  id: '0f0e0d0c-0000-4000-8000-000000000001',
  'detail-type': 'Object Created',
  source: 'aws.s3',
  time: '2026-11-03T10:15:00Z',
  detail: {
    version: '0',
    bucket: { name: sandbox.info.bucket },
    object: { key, size: 5, etag: 'b1946ac92492d2347c6235b4d2611184', sequencer: '00617F08299329D189' },
    reason: 'PutObject',
  },
});

async function putLetter(letter: object): Promise<void> {
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: `${sandbox.info.endpoints.sqs}/${sandbox.info.accountId}/${QUEUE_NAMES.deadLetters}`,
      MessageBody: queueText({
        version: 1,
        service: 'correlator',
        reason: 'it was not mended then',
        at: '2026-11-03T10:15:00.000Z',
        ...letter,
      }),
    }),
  );
}

/** Asks until `lookup` says what is waited for. */
async function lookedUp(what: string, pattern: RegExp): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const { out } = await stepcast('lookup', what, '--endpoint', sandbox.url);
    if (pattern.test(out)) return;
    if (Date.now() > deadline) throw new Error(`not in time: ${out}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe('stepcast dead-letters retry, once the cause is mended', () => {
  it('has an upload run that was given up', async () => {
    const key = `users/${identityId}/given-up.txt`;
    await putLetter({
      code: 'CORRELATOR_START_FAILED',
      queue: 'uploads',
      original: JSON.stringify(createdEvent(key)),
    });
    const { out, err } = await stepcast('dead-letters', 'retry', '--all', '--yes', '--endpoint', sandbox.url);
    expect(err).not.toContain('stepcast:');
    expect(out).toMatch(/CORRELATOR_START_FAILED\): sent to stepcast-uploads\n$/);
    // The object is not there: the execution was started, and failed by itself.
    await lookedUp(uploadIdOf(sandbox.info.bucket, key), /status +failed/);
    expect((await stepcast('dead-letters', 'list', '--endpoint', sandbox.url)).out).toBe('no dead letters\n');
  });

  it('has records published whose execution had been given up for want of an owner', async () => {
    const key = `users/${identityId}/unowned.txt`;
    const event = createdEvent(key);
    const { etag, sequencer } = event.detail.object;
    const epoch = epochOf({ etag, sequencer })!;
    const name = `late-${executionNameOf(sandbox.info.bucket, key, epoch).slice(0, 20)}`;
    const executionArn = `${sandbox.info.stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
    await dynamodb.send(
      new PutItemCommand({
        TableName: JOURNAL_TABLE_NAME,
        Item: {
          pk: { S: correlationKeys.execution(hexDigest(executionArn)) },
          sk: { S: CORRELATION_KEYS.owner },
          body: { S: JSON.stringify({ kind: 'unowned', reason: 'no input has come in', executionArn }) },
        },
      }),
    );
    const record = (id: number, type: string, details: object) => ({
      id,
      type,
      previousEventId: id - 1,
      timestampMs: Date.UTC(2026, 10, 3, 10, 15, id),
      redriveCount: 0,
      details,
    });
    await putLetter({
      code: 'CORRELATOR_UNOWNED',
      queue: 'events',
      executionArn,
      original: JSON.stringify([
        record(1, 'ExecutionStarted', { input: JSON.stringify(event) }),
        record(2, 'ExecutionSucceeded', {}),
      ]),
    });
    const { out } = await stepcast(
      'dead-letters',
      'retry',
      '--code',
      'CORRELATOR_UNOWNED',
      '--yes',
      '--endpoint',
      sandbox.url,
    );
    expect(out).toMatch(/sent to stepcast-events\.fifo\n$/);
    await lookedUp(executionArn, /status +succeeded/);
    await lookedUp(executionArn, /proof +keyPrefix/);
  });
});
