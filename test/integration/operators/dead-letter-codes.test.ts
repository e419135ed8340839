import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseJson, uploadIdOf } from '@stepcast/contracts';
import { hexDigest } from '@stepcast/kit';
import {
  CORRELATION_KEYS,
  correlationKeys,
  createDeadLetters,
  JOURNAL_TABLE_NAME,
  journalKeys,
  QUEUE_NAMES,
  queueText,
  type GivenUp,
} from '@stepcast/wire';
import { AwsError, type Sandbox } from '@stepcast/sandbox';
import * as z from 'zod';
import { writeQuickWorkflow } from '../../chaos/sandbox-client.ts';
import { postJson, subscriptionPayload } from '../../support/awslogs.ts';
import { signIn } from '../../support/person.ts';
import { startTestSandbox } from '../../support/sandbox.ts';
import { stepcast } from './command.ts';
import { epochsOf, until, uploadToEnd } from './rebuilding.ts';

const RUNBOOK = readFileSync(join(import.meta.dirname, '../../../docs/operations/runbook.md'), 'utf8');
/** Every code that has a section in the runbook, with the kind that stands there. Alarms have sections of their own. */
const [, ABOUT_CODES = ''] = RUNBOOK.split('\n## Dead-letter codes\n');
const CODES = new Map(
  ABOUT_CODES.split('\n### `')
    .slice(1)
    .map((section) => [section.split('`')[0] ?? '', /_\((\w+)\)_/.exec(section)?.[1] ?? 'older'] as const),
);

let workflow: Awaited<ReturnType<typeof writeQuickWorkflow>>;
let sandbox: Sandbox;
let sqs: SQSClient;
let dynamodb: DynamoDBClient;
/** Called before each decision on rights; what it throws is the answer of the service. */
let interfere: (action: string) => void = () => undefined;

beforeAll(async () => {
  workflow = await writeQuickWorkflow(2, 20);
  sandbox = await startTestSandbox({ argv: workflow.argv });
  const { authorizer } = sandbox.access;
  const decide = authorizer.authorize.bind(authorizer);
  authorizer.authorize = (request) => {
    interfere(request.action);
    return decide(request);
  };
  const { region, endpoints } = sandbox.info;
  const credentials = sandbox.access.root;
  sqs = new SQSClient({ region, endpoint: endpoints.sqs, credentials });
  dynamodb = new DynamoDBClient({ region, endpoint: endpoints.dynamodb, credentials });
});
afterEach(() => {
  interfere = () => undefined;
});
afterAll(async () => {
  sqs.destroy();
  dynamodb.destroy();
  await sandbox.stop({ force: true });
  await workflow.remove();
});

const run = (...line: readonly string[]) => stepcast(...line, '--endpoint', sandbox.url);

const Letters = z.object({
  letters: z.array(z.object({ id: z.string(), code: z.string().nullable(), backTo: z.string().nullable() })),
});

async function lettersOf(code: string) {
  const { out } = await run('dead-letters', 'list', '--code', code, '--json');
  const parsed = parseJson(Letters, out);
  return parsed.ok ? parsed.value.letters : [];
}

async function send(queue: string, body: string): Promise<void> {
  const QueueUrl = `${sandbox.info.endpoints.sqs}/${sandbox.info.accountId}/${queue}`;
  const fifo = queue.endsWith('.fifo')
    ? { MessageGroupId: hexDigest(body), MessageDeduplicationId: hexDigest(`${body}${Math.random()}`) }
    : {};
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body, ...fifo }));
}

/** A letter as each service writes it, by the one maker of letters, where the sandbox does not run what gives up. */
async function written(service: string, letter: GivenUp): Promise<void> {
  const deadLetters = createDeadLetters({
    service,
    queue: {
      send: async (messages) => {
        for (const { body } of messages) await send(QUEUE_NAMES.deadLetters, body);
      },
    },
    clock: { nowMs: () => Date.now() },
    logger: { error: () => undefined },
    refused: { add: () => undefined },
  });
  await deadLetters.send([letter]);
}

function createdEvent(key: string, versionId?: string): string {
  return JSON.stringify({
    version: '0',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    time: '2026-11-03T10:15:00Z',
    detail: {
      bucket: { name: sandbox.info.bucket },
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

function callerEvent(key: string, versionId: string, identityId: string): string {
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
      requestParameters: { bucketName: sandbox.info.bucket, key },
      responseElements: { 'x-amz-version-id': versionId },
    },
  });
}

const identityOf = async (user: string) => (await signIn(sandbox.info, user)).identityId;
const recordOf = (id: number) => ({
  id,
  type: 'PassStateEntered',
  previousEventId: id - 1,
  timestampMs: Date.UTC(2026, 10, 3, 10, 15, id),
  redriveCount: 0,
  details: { name: 'Late' },
});
const batchOf = (executionArn: string) =>
  queueText({ version: 1, executionArn, records: [recordOf(2)], reload: true });

async function itemAt(pk: string, sk: string) {
  const { Item } = await dynamodb.send(
    new GetItemCommand({ TableName: JOURNAL_TABLE_NAME, Key: { pk: { S: pk }, sk: { S: sk } } }),
  );
  return Item;
}

/** Damages an item of the table. @returns what mends it */
async function damage(pk: string, sk: string, attribute: string): Promise<() => Promise<void>> {
  const Item = (await itemAt(pk, sk)) ?? {};
  const put = async (item: typeof Item) => {
    await dynamodb.send(new PutItemCommand({ TableName: JOURNAL_TABLE_NAME, Item: item }));
  };
  expect(Item).toHaveProperty(attribute);
  await put({ ...Item, [attribute]: { S: '{"no":"sense"}' } });
  return () => put(Item);
}

async function started(): Promise<number> {
  const { region, endpoints, stateMachineArn } = sandbox.info;
  const sfn = new SFNClient({ region, endpoint: endpoints.stepFunctions, credentials: sandbox.access.root });
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
  sfn.destroy();
  return executions.length;
}

/** What retrying a letter does. */
interface Retried {
  /** The queue that it goes back to; or why it stays, with what helps instead. */
  readonly goes: string | RegExp;
  /** Mends the cause, before the retry. */
  readonly mend?: () => Promise<void>;
  /** What then holds. Without it, the same letter comes back, for nothing is mended. */
  readonly holds?: () => Promise<boolean>;
  /** Nothing reads that queue here. */
  readonly unread?: boolean;
}

/** By code: has a service give something up, and says what retrying it does. */
const ROWS: Readonly<Record<string, () => Promise<Retried>>> = {
  async CORRELATOR_BATCH_INVALID() {
    await send(QUEUE_NAMES.events, '{"version":9}');
    return { goes: QUEUE_NAMES.events };
  },
  async CORRELATOR_UPLOAD_INVALID() {
    await send(QUEUE_NAMES.uploads, '{"no":"event"}');
    return { goes: QUEUE_NAMES.uploads };
  },
  async CORRELATOR_STATUS_INVALID() {
    await send(QUEUE_NAMES.status, '{"no":"event"}');
    return { goes: QUEUE_NAMES.status };
  },
  async CORRELATOR_UPLOAD_UNOWNED() {
    await send(QUEUE_NAMES.uploads, createdEvent('elsewhere/photo.png'));
    return { goes: QUEUE_NAMES.uploads };
  },
  async CORRELATOR_OWNER_CONFLICT() {
    const key = `users/${await identityOf('alice')}/conflict.txt`;
    await send(QUEUE_NAMES.uploads, callerEvent(key, 'v1', await identityOf('bob')));
    const { pk, sk } = journalKeys.root(uploadIdOf(sandbox.info.bucket, key));
    await until('the caller is known', async () => (await itemAt(pk, sk)) !== undefined);
    await send(QUEUE_NAMES.uploads, createdEvent(key, 'v1'));
    return { goes: QUEUE_NAMES.uploads };
  },
  async CORRELATOR_START_FAILED() {
    interfere = (action) => {
      if (action === 'states:StartExecution')
        throw new AwsError('InvalidExecutionInput', 400, 'it is too long');
    };
    const before = await started();
    await send(QUEUE_NAMES.uploads, createdEvent(`users/${await identityOf('alice')}/start.txt`));
    return {
      goes: QUEUE_NAMES.uploads,
      mend: () => {
        interfere = () => undefined;
        return Promise.resolve();
      },
      holds: async () => (await started()) === before + 1,
    };
  },
  async CORRELATOR_STORED_ITEM_INVALID() {
    const { executionArn, uploadId } = await uploadToEnd(sandbox, 'alice', 'stored.txt');
    const mend = await damage(
      correlationKeys.execution(hexDigest(executionArn)),
      CORRELATION_KEYS.owner,
      'body',
    );
    await send(QUEUE_NAMES.events, batchOf(executionArn));
    return {
      goes: QUEUE_NAMES.events,
      mend,
      holds: async () => (await epochsOf(sandbox, uploadId))[0]?.status === 'succeeded',
    };
  },
  // It takes twenty failures that count, minutes apart.
  async CORRELATOR_CHECKPOINT_INVALID() {
    const { executionArn, uploadId } = await uploadToEnd(sandbox, 'bob', 'checkpoint.txt');
    await written('correlator', {
      code: 'CORRELATOR_CHECKPOINT_INVALID',
      reason: 'the checkpoint of an entry does not read (after 20 deliveries)',
      executionArn,
      queue: 'events',
      original: batchOf(executionArn),
    });
    return {
      goes: QUEUE_NAMES.events,
      holds: async () => (await epochsOf(sandbox, uploadId))[0]?.status === 'succeeded',
    };
  },
  async CORRELATOR_UNOWNED() {
    const key = `users/${await identityOf('alice')}/unowned.txt`;
    const executionArn = `${sandbox.info.stateMachineArn.replace(':stateMachine:', ':execution:')}:unowned`;
    const records = [
      { ...recordOf(1), type: 'ExecutionStarted', details: { input: createdEvent(key) } },
      { ...recordOf(2), type: 'ExecutionSucceeded', details: {} },
    ];
    await written('correlator', {
      code: 'CORRELATOR_UNOWNED',
      reason: 'no input has come in',
      executionArn,
      original: JSON.stringify(records),
    });
    return {
      goes: QUEUE_NAMES.events,
      holds: async () => /status +succeeded/.test((await run('lookup', executionArn)).out),
    };
  },
  async CORRELATOR_RETRIES_EXHAUSTED() {
    const before = await started();
    await written('correlator', {
      code: 'CORRELATOR_RETRIES_EXHAUSTED',
      reason: 'a bug (after 20 deliveries)',
      queue: 'uploads',
      original: createdEvent(`users/${await identityOf('bob')}/bug.txt`),
    });
    return { goes: QUEUE_NAMES.uploads, holds: async () => (await started()) === before + 1 };
  },
  async FORWARDER_RECORD_INVALID() {
    const arn = 'arn:aws:states:us-east-1:111122223333:execution:Foreign:x';
    await postJson(
      `${sandbox.url}/awslogs`,
      subscriptionPayload([JSON.stringify({ id: 'x', type: 'T', execution_arn: arn })]),
    );
    return { goes: /^left: it came from no queue that takes it back/ };
  },
  ...fromNoQueue('forwarder', 'FORWARDER_FAILED', 'FORWARDER_PAYLOAD_INVALID'),
  ...fromNoQueue(
    'provisioner',
    'PROVISIONER_INTERNAL',
    'PROVISIONER_LOGIN_MALFORMED',
    'PROVISIONER_POLICY_NOT_ATTACHABLE',
  ),
  async PUBLISHER_HANDOVER_INVALID() {
    await written('publisher', {
      code: 'PUBLISHER_HANDOVER_INVALID',
      reason: '$: no handover',
      queue: 'progress',
      original: 'no\nhandover\nat all',
    });
    // The engine has no queue between correlator and publisher.
    return { goes: QUEUE_NAMES.progress, unread: true };
  },
  ...fromPublishing(
    'PUBLISHER_MESSAGE_TOO_LARGE',
    'PUBLISHER_PUBLISH_FAILED',
    'PUBLISHER_PUBLISH_REFUSED',
    'PUBLISHER_HANDOVER_INCONSISTENT',
    'PUBLISHER_STATE_FAILED',
    'PUBLISHER_OVERVIEW_FAILED',
  ),
};

function fromNoQueue(service: string, ...codes: readonly string[]): typeof ROWS {
  return rowsOf(codes, async (code) => {
    await written(service, { code, reason: 'a test', original: 'what came in' });
    return { goes: /^left: it came from no queue that takes it back/ };
  });
}

function fromPublishing(...codes: readonly string[]): typeof ROWS {
  return rowsOf(codes, async (code) => {
    await written('publisher', { code, reason: 'a test', original: 'a\nb\nc' });
    return { goes: /^left: it is about publishing, and the journal has it: replay the upload instead/ };
  });
}

function rowsOf(codes: readonly string[], row: (code: string) => Promise<Retried>): typeof ROWS {
  return Object.fromEntries(codes.map((code) => [code, () => row(code)]));
}

describe('a dead letter', () => {
  const answers = [...CODES].filter(([, kind]) => kind === 'answer').map(([code]) => code);

  it('of every code of the runbook is made here, but for those that are answers and no letters', () => {
    expect(Object.keys(ROWS).toSorted()).toEqual(
      [...CODES.keys()].filter((code) => !answers.includes(code)).toSorted(),
    );
  });

  it.each(answers)('is not what %s is, and explaining it says so', async (code) => {
    expect((await run('dead-letters', 'explain', code)).out).toContain('No dead letter: the answer');
  });

  it.each(Object.entries(ROWS))(
    '%s is made, explained and sent again',
    async (code, make) => {
      const { goes, mend, holds, unread = false } = await make();
      await until(`the letter ${code}`, async () => (await lettersOf(code)).length > 0);
      const [letter] = await lettersOf(code);

      const explained = await run('dead-letters', 'explain', letter?.id ?? '');
      expect(explained.out).toMatch(
        new RegExp(`^${letter?.id ?? ''}: .+\n\n${code}( \\(\\w+\\))?\n\nWhat: `),
      );
      expect(explained.out).toMatch(/\nHow to mend: +\S/);

      await mend?.();
      const retried = await run('dead-letters', 'retry', letter?.id ?? '', '--yes');
      expect(retried.err).not.toContain('stepcast:');
      const what = retried.out.trimEnd().replace(/^letter \S+ \(\w+\): /, '');
      if (typeof goes !== 'string') {
        expect(what).toMatch(goes);
        expect(letter?.backTo).toBeNull();
        expect((await lettersOf(code)).map(({ id }) => id)).toEqual([letter?.id]);
      } else {
        expect(what).toBe(`sent to ${goes}`);
        expect(letter?.backTo).toBe(goes);
        if (holds !== undefined) await until(`${code}: what was mended`, holds);
        // It comes back as another letter.
        else if (!unread)
          await until(`${code} again`, async () =>
            (await lettersOf(code)).some(({ id }) => id !== letter?.id),
          );
      }
      const left = (await lettersOf(code)).map(({ id }) => id);
      expect(left.includes(letter?.id ?? '')).toBe(typeof goes !== 'string');
      if (left.length > 0) {
        const dropped = await run('dead-letters', 'drop', '--code', code, '--yes', '--reason', 'a test');
        expect(dropped.out).toContain(': dropped\n');
      }
      expect(await lettersOf(code)).toEqual([]);
    },
    60_000,
  );
});
