import {
  GetItemCommand,
  type BatchWriteItemCommandInput,
  type DeleteItemCommandInput,
  type DynamoDBClient,
  type GetItemCommandInput,
  type PutItemCommandInput,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { getEndpointFromInstructions } from '@smithy/core/endpoints';
import { Pool, type Dispatcher } from 'undici';
import { fullJitterMs } from './backoff.ts';
import { pause, type Clock, type Timers } from './clock.ts';
import { asError, StepcastError } from './errors.ts';
import { createSign, type Sign } from './sign-request.ts';

/** The operations that we use, with the SDK's types. Values are texts and numbers: other kinds are not encoded. */
export interface DynamoInputs {
  readonly GetItem: GetItemCommandInput;
  readonly PutItem: PutItemCommandInput;
  readonly DeleteItem: DeleteItemCommandInput;
  readonly Query: QueryCommandInput;
  readonly BatchWriteItem: BatchWriteItemCommandInput;
}

/** DynamoDB's own protocol, and nothing above it: JSON 1.0 over signed HTTP POST. */
export interface DynamoDb {
  /**
   * Sends one request, and again a few times when it was throttled or no answer came. In the latter case it may have got
   * through before: a conditional write may then find what it wrote itself, so whoever is told so must look.
   * @returns the JSON text of the answer
   * @throws DynamoDbError
   */
  send<Operation extends keyof DynamoInputs>(
    operation: Operation,
    input: DynamoInputs[Operation],
  ): Promise<string>;
  /** Closes the connections. Whatever is under way fails. */
  close(): Promise<void>;
}

/** Thrown when DynamoDB refused a request, or could not be reached. */
export class DynamoDbError extends StepcastError {
  readonly code = 'KIT_DYNAMODB_FAILED';
  readonly retryable: boolean;
  /** DynamoDB's name of the error, such as `ConditionalCheckFailedException`; else the code of the network's error. */
  readonly reason: string;
  constructor(operation: string, reason: string, retryable: boolean, options?: ErrorOptions) {
    super(`${operation}: ${reason}`, options);
    this.reason = reason;
    this.retryable = retryable;
  }
}

export interface DynamoDbOptions {
  /** Says where DynamoDB is and under which credentials: the SDK's rules, profiles and variables hold as ever. */
  readonly client: DynamoDBClient;
  readonly clock: Clock;
  readonly timers: Timers;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Requests under way at a time; more wait. Default 64. */
  readonly maxConnections?: number;
  /** How long an answer may take before the request is sent again. Default 5,000. */
  readonly timeoutMs?: number;
}

/** DynamoDB developer guide, "Error handling": the errors of status 400 that trying again can mend. */
const RETRYABLE = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'LimitExceededException',
  'TransactionInProgressException',
]);
const MAX_RETRIES = 4;
const BACKOFF = { baseMs: 50, capMs: 1_000 };

interface Target {
  readonly pool: Pool;
  readonly host: string;
  readonly path: string;
  readonly sign: Sign;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * DynamoDB without the SDK's middleware, for services that make one call for every few events: a call costs a sixth of
 * the SDK's CPU. Endpoint, region and credentials still are the SDK's, HTTP is undici's.
 */
export function createDynamoDb(options: DynamoDbOptions): DynamoDb {
  const { client, clock, timers, random, maxConnections = 64, timeoutMs = 5_000 } = options;
  const { config } = client;
  let target: Promise<Target> | undefined;
  let closed = false;

  async function findTarget(): Promise<Target> {
    const [{ url }, region] = await Promise.all([
      getEndpointFromInstructions({}, GetItemCommand, config),
      config.region(),
    ]);
    const pool = new Pool(url.origin, {
      connections: maxConnections,
      allowH2: false,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      connect: { timeout: timeoutMs },
    });
    // Endpoints may have a path of their own, which the SDK ends with a slash.
    const path = url.pathname.replace(/\/?$/, '/');
    return { pool, host: url.host, path, sign: createSign({ service: 'dynamodb', region }) };
  }

  async function sendOnce(operation: string, body: string): Promise<Answer> {
    target ??= findTarget().catch((thrown: unknown) => {
      target = undefined;
      throw thrown;
    });
    const [{ pool, host, path, sign }, credentials] = await Promise.all([target, config.credentials()]);
    const headers = sign(
      {
        host,
        path,
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': `DynamoDB_20120810.${operation}`,
        },
        body,
      },
      credentials,
      clock.nowMs(),
    );
    return post(pool, { method: 'POST', path, headers, body });
  }

  /** @returns the error; undefined when the answer is a good one */
  function errorOf(operation: string, { status, text }: Answer): DynamoDbError | undefined {
    if (status === 200) return undefined;
    const reason = /"__type"\s*:\s*"(?:[^"#]*#)?(\w+)"/.exec(text)?.[1] ?? `HTTP ${status}`;
    return new DynamoDbError(operation, reason, status >= 500 || RETRYABLE.has(reason));
  }

  return {
    async send(operation, input) {
      const body = JSON.stringify(input);
      for (let attempt = 0; ; attempt += 1) {
        let failure: DynamoDbError | undefined;
        try {
          const answer = await sendOnce(operation, body);
          failure = errorOf(operation, answer);
          if (failure === undefined) return answer.text;
        } catch (thrown) {
          failure = new DynamoDbError(operation, networkReason(thrown), !closed, { cause: thrown });
        }
        if (!failure.retryable || attempt >= MAX_RETRIES) throw failure;
        await pause(timers, fullJitterMs(attempt, BACKOFF, random));
      }
    },
    async close() {
      closed = true;
      await (await target)?.pool.destroy();
    },
  };
}

function networkReason(thrown: unknown): string {
  const error = asError(thrown);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

/** undici's lowest level: no streams and no header objects are made for answers of a few hundred bytes. */
function post(pool: Pool, request: Dispatcher.DispatchOptions): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const chunks: Buffer[] = [];
  let status = 0;
  pool.dispatch(request, {
    onRequestStart() {
      // undici knows by this method that the handler is of the present kind.
    },
    onResponseStart(_controller, statusCode) {
      status = statusCode;
    },
    onResponseData(_controller, chunk) {
      chunks.push(chunk);
    },
    onResponseEnd() {
      resolve({ status, text: Buffer.concat(chunks).toString('utf8') });
    },
    onResponseError(_controller, error) {
      reject(error);
    },
  });
  return promise;
}
