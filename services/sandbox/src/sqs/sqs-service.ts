import { parseJson } from '@stepcast/contracts';
import { buildApp } from 'fauxqs';
import * as z from 'zod';
import {
  AwsError,
  type CallContext,
  type HttpService,
  notImplemented,
  regionalArn,
  type ServiceReply,
  type ServiceRequest,
} from '../core/index.ts';
import { StoredMessages, type SqsKeepers } from './stored-messages.ts';
import {
  iamActionOf,
  isSqsOperation,
  parseSqsRequest,
  type SqsOperation,
  type SqsRequest,
} from './requests.ts';
import { ErrorBody, Reply } from './replies.ts';
import { readReply, spellRequest } from './whole-unicode.ts';

/*
 * SQS by fauxqs 2.4.1, in process: its Fastify instance never listens, so nobody can go around the front.
 *
 * Where it differs from AWS, so that nobody trusts a test here with more than it can tell:
 *  1. A receive gives at most one message of each FIFO group (AWS: up to ten of one group, in order).
 *  2. `DeduplicationScope: messageGroup` is taken and ignored: deduplication is always by queue.
 *  3. `DeleteMessage` says yes to receipt handles that are expired or made up.
 *  4. Dead-letter queues: no `DeadLetterQueueSourceArn`, the receive count goes on counting. (A redrive policy that
 *     names a queue which is not there would be accepted; that one is refused here.)
 * Besides: `ReceiveRequestAttemptId` is ignored; message moves, permissions and tags are not there.
 *
 * fauxqs knows one account, 000000000000, and one partition. They are replaced in what goes in and what comes out.
 */
const INNER_ACCOUNT = '000000000000';
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const CONTENT_TYPE = 'application/x-amz-json-1.0';

/** A queue to make at start. */
export interface QueueDefinition {
  /** Ends in `.fifo` for a FIFO queue. */
  readonly name: string;
  /** Attributes as in `CreateQueue`. Default: AWS's. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Where messages go that were received `maxReceiveCount` times; a queue made before this one. */
  readonly deadLetters?: { readonly queueName: string; readonly maxReceiveCount: number };
}

export interface SqsServiceOptions {
  readonly accountId: string;
  readonly region: string;
  /** Longest visibility timeout that a consumer gets, in seconds. Default: what it asks for. */
  readonly maxVisibilitySeconds?: number | undefined;
  /** Where queues and messages are stored across restarts. Default: nowhere. */
  readonly keepers?: SqsKeepers | undefined;
}

export interface SqsService {
  readonly service: HttpService;
  /** Makes a queue without a request. @throws AwsError with SQS's code when it cannot be made */
  createQueue(queue: QueueDefinition): Promise<void>;
  /** Brings back the queues and messages that were stored. Called once, after the queues of the start. */
  restore(): Promise<void>;
  /** ARN of a queue of that name. */
  queueArn(name: string): string;
  /** URL under which clients reach a queue; `baseUrl` is `http://host:port/aws/sqs`. */
  queueUrl(baseUrl: string, name: string): string;
  /** Ends open long polls and refuses what comes after. */
  close(): Promise<void>;
}

const RedrivePolicy = z.looseObject({ deadLetterTargetArn: z.string() });

function queueNameOf(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}

function nonExistentQueue(): AwsError {
  return new AwsError('com.amazonaws.sqs#QueueDoesNotExist', 400, 'The specified queue does not exist.');
}

class FauxqsQueues {
  readonly #options: SqsServiceOptions;
  readonly #app: ReturnType<typeof buildApp>;
  readonly #stored: StoredMessages | undefined;

  constructor(options: SqsServiceOptions) {
    this.#options = options;
    this.#stored = options.keepers === undefined ? undefined : new StoredMessages(options.keepers);
    this.#app = buildApp({ logger: false, defaultRegion: options.region });
  }

  arn(name: string): string {
    return regionalArn(this.#options, 'sqs', name);
  }

  url(baseUrl: string, name: string): string {
    return `${baseUrl}/${this.#options.accountId}/${name}`;
  }

  /** The name of the queue that a URL of ours names; URLs of other accounts name none. */
  nameIn(url: string | undefined): string {
    if (url === undefined) return '';
    const match = /\/(\d{12})\/([A-Za-z0-9_-]{1,80}(?:\.fifo)?)$/.exec(url);
    if (match?.[1] !== this.#options.accountId) throw nonExistentQueue();
    return match[2] ?? '';
  }

  async run(operation: SqsOperation, request: SqsRequest, baseUrl: string): Promise<Reply> {
    const reply = await this.#run(operation, request, baseUrl);
    this.#stored?.note(operation, this.nameIn(request.QueueUrl), request, reply);
    return reply;
  }

  async restore(): Promise<void> {
    const baseUrl = 'http://queues';
    const known = new Set<string>();
    for (const { name, attributes } of this.#stored?.queues() ?? []) {
      known.add(name);
      try {
        await this.#run('CreateQueue', { QueueName: name, Attributes: attributes }, baseUrl);
      } catch (thrown) {
        // It is there since the start, and was changed in an earlier run.
        if (!(thrown instanceof AwsError)) throw thrown;
        const { FifoQueue: _fifo, ...changed } = attributes;
        await this.#run(
          'SetQueueAttributes',
          { QueueUrl: this.url(baseUrl, name), Attributes: changed },
          baseUrl,
        );
      }
    }
    for (const { key, queue, request } of this.#stored?.messages() ?? []) {
      if (!known.has(queue)) continue;
      const sent = await this.#run(
        'SendMessage',
        { ...request, QueueUrl: this.url(baseUrl, queue), DelaySeconds: undefined },
        baseUrl,
      );
      this.#stored?.resent(key, sent);
    }
  }

  async #run(operation: SqsOperation, request: SqsRequest, baseUrl: string): Promise<Reply> {
    const name = this.nameIn(request.QueueUrl);
    const input = {
      ...spellRequest(this.#withinVisibility(request)),
      ...(request.QueueUrl === undefined ? {} : { QueueUrl: `http://queues/${INNER_ACCOUNT}/${name}` }),
    };
    const redrive = z.looseObject({ Attributes: z.record(z.string(), z.string()) }).safeParse(request);
    if (redrive.success) await this.#checkRedrive(redrive.data.Attributes['RedrivePolicy'], baseUrl);
    const reply = await this.#app.inject({
      method: 'POST',
      url: '/',
      headers: { 'content-type': CONTENT_TYPE, 'x-amz-target': `AmazonSQS.${operation}`, host: 'queues' },
      payload: this.#swapArns(JSON.stringify(input), operation, this.#ownArns, this.#innerArns),
    });
    if (reply.statusCode !== 200) {
      const error = parseJson(ErrorBody, reply.body);
      if (!error.ok || reply.statusCode >= 500)
        throw new Error(`SQS ${operation} answered ${reply.statusCode} without an error of SQS`);
      throw new AwsError(error.value.__type, reply.statusCode, error.value.message ?? error.value.__type);
    }
    const text = this.#swapArns(reply.body, operation, this.#innerArns, this.#ownArns);
    const parsed = parseJson(Reply, text === '' ? '{}' : text);
    if (!parsed.ok) throw new Error(`SQS ${operation} answered something else than its reply`);
    return this.#withOwnUrls(readReply(parsed.value, request), baseUrl);
  }

  #withinVisibility(request: SqsRequest): SqsRequest {
    const max = this.#options.maxVisibilitySeconds;
    if (max === undefined) return request;
    const cap = <T extends object>(given: T): T =>
      'VisibilityTimeout' in given && typeof given.VisibilityTimeout === 'number'
        ? { ...given, VisibilityTimeout: Math.min(max, given.VisibilityTimeout) }
        : given;
    const entries = z.object({ Entries: z.array(z.looseObject({})) }).safeParse(request).data?.Entries;
    return entries === undefined ? cap(request) : { ...request, Entries: entries.map(cap) };
  }

  get #ownArns(): string {
    return regionalArn(this.#options, 'sqs', '');
  }

  get #innerArns(): string {
    return `arn:aws:sqs:${this.#options.region}:${INNER_ACCOUNT}:`;
  }

  /** ARNs stand in queue attributes only; bodies of messages are never touched. */
  #swapArns(text: string, operation: SqsOperation, from: string, to: string): string {
    if (!['CreateQueue', 'GetQueueAttributes', 'SetQueueAttributes'].includes(operation)) return text;
    return text.replaceAll(from, to);
  }

  #withOwnUrls(reply: Reply, baseUrl: string): Reply {
    const own = (url: string) => this.url(baseUrl, queueNameOf(url));
    return {
      ...reply,
      ...(reply.QueueUrl === undefined ? {} : { QueueUrl: own(reply.QueueUrl) }),
      ...(reply.QueueUrls === undefined ? {} : { QueueUrls: reply.QueueUrls.map(own) }),
    };
  }

  async #checkRedrive(policy: string | undefined, baseUrl: string): Promise<void> {
    if (policy === undefined || policy === '') return;
    const parsed = parseJson(RedrivePolicy, policy);
    if (!parsed.ok)
      throw new AwsError('InvalidParameterValue', 400, 'RedrivePolicy must name a deadLetterTargetArn.');
    const target = parsed.value.deadLetterTargetArn;
    const name = target.split(':').at(-1) ?? '';
    try {
      if (target !== this.arn(name)) throw nonExistentQueue();
      await this.run('GetQueueUrl', { QueueName: name }, baseUrl);
    } catch (cause) {
      if (!(cause instanceof AwsError)) throw cause;
      throw new AwsError('InvalidParameterValue', 400, `The dead-letter queue ${target} does not exist.`, {
        cause,
      });
    }
  }

  async close(): Promise<void> {
    await this.#app.close();
  }
}

/**
 * A client that went away during its long poll cannot delete what it was given. The messages become visible again at
 * once instead of after the visibility timeout.
 */
async function giveBack(
  queues: FauxqsQueues,
  request: SqsRequest,
  reply: Reply,
  baseUrl: string,
): Promise<void> {
  for (const { ReceiptHandle } of reply.Messages ?? [])
    await queues.run(
      'ChangeMessageVisibility',
      { QueueUrl: request.QueueUrl, ReceiptHandle, VisibilityTimeout: 0 },
      baseUrl,
    );
}

async function handle(
  queues: FauxqsQueues,
  request: ServiceRequest,
  call: CallContext,
): Promise<ServiceReply> {
  const target = request.headers['x-amz-target'] ?? '';
  if (request.method !== 'POST' || !target.startsWith('AmazonSQS.'))
    throw notImplemented('SQS by the query protocol (X-Amz-Target: AmazonSQS.… is missing)');
  const operation = target.slice('AmazonSQS.'.length);
  if (!isSqsOperation(operation)) throw notImplemented(`SQS ${operation}`);
  const input = parseSqsRequest(operation, request.body.toString('utf8'));
  const name = input.QueueUrl === undefined ? input.QueueName : queues.nameIn(input.QueueUrl);
  call.authorize(iamActionOf(operation), queues.arn(name ?? '*'));
  const reply = await queues.run(operation, input, request.baseUrl);
  if (request.gone.aborted) await giveBack(queues, input, reply, request.baseUrl);
  return { status: 200, headers: { 'content-type': CONTENT_TYPE }, body: JSON.stringify(reply) };
}

/** SQS for SDK clients (AWS JSON 1.0). Queues and messages are in memory. */
export function createSqsService(options: SqsServiceOptions): SqsService {
  const queues = new FauxqsQueues(options);
  return {
    service: {
      name: 'SQS',
      signingName: 'sqs',
      pathEscaping: 'twice',
      errorWire: 'json-1.0',
      bufferBody: { maxBytes: MAX_BODY_BYTES },
      isPublic: () => false,
      handle: (request, call) => handle(queues, request, call),
    },
    createQueue: async ({ name, attributes = {}, deadLetters }) => {
      const redrive =
        deadLetters === undefined
          ? {}
          : {
              RedrivePolicy: JSON.stringify({
                deadLetterTargetArn: queues.arn(deadLetters.queueName),
                maxReceiveCount: deadLetters.maxReceiveCount,
              }),
            };
      const fifo = name.endsWith('.fifo') ? { FifoQueue: 'true' } : {};
      const input = { QueueName: name, Attributes: { ...fifo, ...attributes, ...redrive } };
      await queues.run('CreateQueue', input, 'http://queues');
    },
    restore: () => queues.restore(),
    queueArn: (name) => queues.arn(name),
    queueUrl: (baseUrl, name) => queues.url(baseUrl, name),
    close: () => queues.close(),
  };
}
