import { gzipSync } from 'node:zlib';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { QUEUE_NAMES, TOKEN_HEADER } from '@stepcast/wire';
import { IdentityId, parseJson, uploadIdOf, type UploadId } from '@stepcast/contracts';
import { startChildProcess, type RunningChild } from '@stepcast/kit/testing/child-process';
import * as z from 'zod';
import { loadSandboxPlace, signInToSandbox, type SandboxPlace } from '../adapters/sandbox-place.adapter.ts';
import { runCli } from '../cli.ts';
import { loadSandboxOperator } from '../operator/adapters/sandbox-operator.adapter.ts';
import { createSqsOperatorQueues, type FifoPlace } from '@stepcast/operations';
import { processEnvironment } from '../config.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const EXAMPLES = join(ROOT, 'services/sandbox/examples');

/** `npm start` with the word count of the examples, as somebody else would run it; nothing of the sandbox is imported. */
export interface SandboxProcess {
  readonly url: string;
  readonly place: SandboxPlace;
  /** Runs a command line of ours against it, without any secret. */
  stepcast(...argv: readonly string[]): Promise<Ran>;
  /** Uploads a text as one of the users. */
  upload(user: string, name: string, text: string): Promise<Uploaded>;
  /** The statuses of its versions, as `lookup` sees them. Empty before any is known. */
  statuses(uploaded: Uploaded): Promise<readonly (string | null)[]>;
  /** Waits until every version of the upload has ended, as `lookup` sees it. */
  ended(uploaded: Uploaded): Promise<void>;
  /** Delivers log records as CloudWatch Logs would. */
  deliverLogs(executionArn: string, records: readonly LogRecord[]): Promise<void>;
  /** Puts an event of a new object on the uploads queue, as EventBridge would; with a version ID as of a bucket with versions. */
  sendUpload(key: string, versionId?: string): Promise<void>;
  /** Puts a message on a queue, under the operator's key. */
  send(queue: string, body: string, fifo?: FifoPlace): Promise<void>;
  /** Puts CloudTrail's word on who wrote a version of an object on the uploads queue. */
  sendCaller(key: string, versionId: string, identityId: string): Promise<void>;
  end(): Promise<unknown>;
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  json<S extends z.ZodType>(schema: S): z.output<S>;
}

export interface Uploaded {
  readonly identityId: IdentityId;
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: UploadId;
}

export interface LogRecord {
  readonly id: number;
  readonly type: string;
  readonly previous: number;
  readonly details?: object;
}

const LookedUp = z.object({
  uploads: z.array(z.object({ epochs: z.array(z.object({ status: z.string().nullable() })) })),
});

export async function startSandboxProcess(...argv: readonly string[]): Promise<SandboxProcess> {
  const child: RunningChild = startChildProcess(
    process.execPath,
    [
      '--conditions=stepcast-source',
      join(ROOT, 'services/sandbox/src/main.ts'),
      ...(argv.length > 0
        ? argv
        : [
            '--definition',
            join(EXAMPLES, 'word-count.asl.json'),
            '--handlers',
            join(EXAMPLES, 'word-count-handlers.mjs'),
          ]),
    ],
    { env: { PATH: processEnvironment.PATH, PORT: '0' } },
  );
  const [, url = ''] = await child.waitForOutput(/Stepcast is ready at (http:\S+)/);
  const place = await loadSandboxPlace(url);
  const token = await loadToken(url);

  async function stepcast(...args: readonly string[]): Promise<Ran> {
    return runForTest([...args, '--endpoint', url]);
  }

  async function statuses({ uploadId }: Uploaded): Promise<readonly (string | null)[]> {
    const found = await stepcast('lookup', uploadId, '--json');
    if (found.code !== 0) return [];
    return found.json(LookedUp).uploads[0]?.epochs.map(({ status }) => status) ?? [];
  }

  const key = await loadSandboxOperator(url);
  const sqs = new SQSClient({ region: place.region, endpoint: place.endpoints.sqs, credentials: key });
  const queues = createSqsOperatorQueues(sqs, (name) => `${place.endpoints.sqs}/${place.accountId}/${name}`);

  return {
    url,
    place,
    stepcast,
    sendUpload: (objectKey, versionId) =>
      queues.send(QUEUE_NAMES.uploads, JSON.stringify(createdEvent(place, objectKey, versionId))),
    send: (queue, body, fifo) => queues.send(queue, body, fifo),
    sendCaller: (objectKey, versionId, identityId) =>
      queues.send(
        QUEUE_NAMES.uploads,
        JSON.stringify(callerEvent(place.bucket, objectKey, versionId, identityId)),
      ),
    async upload(user, name, text) {
      const person = await signInToSandbox(place, url, user);
      const key = `${place.keyTemplate.replace(/…$/, '').replace('{identityId}', person.identityId)}${name}`;
      const s3 = new S3Client({
        region: place.region,
        endpoint: place.endpoints.s3,
        credentials: person.credentials,
        forcePathStyle: true,
      });
      await s3.send(new PutObjectCommand({ Bucket: place.bucket, Key: key, Body: text }));
      s3.destroy();
      return {
        identityId: IdentityId.parse(person.identityId),
        bucket: place.bucket,
        key,
        uploadId: uploadIdOf(place.bucket, key),
      };
    },
    statuses,
    ended: (uploaded) =>
      until(async () => {
        const all = await statuses(uploaded);
        return all.length > 0 && all.every((status) => ![null, 'queued', 'running'].includes(status));
      }),
    async deliverLogs(executionArn, records) {
      const payload = {
        messageType: 'DATA_MESSAGE',
        owner: place.accountId,
        logGroup: '/aws/vendedlogs/states/Logs',
        logStream: 'states/Logs/2026-11-03-10-15/1a2b',
        subscriptionFilters: ['stepcast'],
        logEvents: records.map((record) => ({
          id: `${record.id}`,
          timestamp: 1_762_164_900_000 + record.id,
          message: JSON.stringify({
            id: String(record.id),
            type: record.type,
            details: record.details ?? {},
            redrive_count: '0',
            previous_event_id: String(record.previous),
            event_timestamp: String(1_762_164_900_000 + record.id),
            execution_arn: executionArn,
          }),
        })),
      };
      const response = await fetch(new URL('/awslogs', url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', [TOKEN_HEADER]: token },
        body: JSON.stringify({ awslogs: { data: gzipSync(JSON.stringify(payload)).toString('base64') } }),
      });
      if (!response.ok) throw new Error(`/awslogs: ${await response.text()}`);
    },
    end: () => {
      sqs.destroy();
      return child.end();
    },
  };
}

/** What routes want that only scripts use. */
async function loadToken(url: string): Promise<string> {
  const response = await fetch(new URL('/sandbox.json', url), { signal: AbortSignal.timeout(10_000) });
  const parsed = parseJson(z.object({ token: z.string() }), await response.text());
  if (parsed.ok) return parsed.value.token;
  throw new Error(`/sandbox.json: ${JSON.stringify(parsed.issues)}`);
}

/** Runs a command line with nothing in its environment. */
export async function runForTest(
  argv: readonly string[],
  options: {
    readonly input?: string;
    readonly answers?: readonly boolean[];
    readonly interruption?: AbortSignal;
    readonly environment?: Readonly<Record<string, string>>;
    readonly onOut?: (text: string) => void;
    readonly onErr?: (text: string) => void;
    readonly showsProgress?: boolean;
  } = {},
): Promise<Ran> {
  let out = '';
  let err = '';
  const answers = [...(options.answers ?? [])];
  const { interruption } = options;
  const code = await runCli(argv, {
    environment: options.environment ?? {},
    nowMs: () => Date.now(),
    terminal: {
      out: (text) => {
        out += text;
        options.onOut?.(text);
      },
      err: (text) => {
        err += text;
        options.onErr?.(text);
      },
      style: { color: false, width: 100 },
      confirmation:
        options.answers === undefined
          ? undefined
          : { confirm: () => Promise.resolve(answers.shift() ?? false) },
      readInput: () => Promise.resolve(options.input ?? ''),
      showsProgress: options.showsProgress ?? false,
      ...(interruption === undefined ? {} : { interruption: () => interruption }),
    },
  });
  return {
    code,
    out,
    err,
    json(schema) {
      const parsed = parseJson(schema, out);
      if (parsed.ok) return parsed.value;
      throw new Error(`not the JSON that was expected: ${JSON.stringify(parsed.issues)}\n${out}\n${err}`);
    },
  };
}

const PATIENCE_MS = 30_000;
const INTERVAL_MS = 100;

/** Waits for a condition that can only be asked for. */
export async function until(holds: () => Promise<boolean>, what = 'the condition'): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what} did not come true within ${PATIENCE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
}

function createdEvent(place: SandboxPlace, key: string, versionId: string | undefined): object {
  return {
    version: '0',
    id: '0f0e0d0c-0000-4000-8000-000000000001',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: place.accountId,
    time: '2026-11-03T10:15:00Z',
    region: place.region,
    resources: [`arn:aws:s3:::${place.bucket}`],
    detail: {
      version: '0',
      bucket: { name: place.bucket },
      object: {
        key,
        size: 5,
        etag: 'b1946ac92492d2347c6235b4d2611184',
        sequencer: '00617F08299329D189',
        ...(versionId === undefined ? {} : { 'version-id': versionId }),
      },
      reason: 'PutObject',
    },
  };
}

function callerEvent(bucket: string, key: string, versionId: string, identityId: string): object {
  return {
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
  };
}
