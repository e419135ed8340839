import { Pool } from 'undici';
import { fullJitterMs } from '../backoff.ts';
import { pause, type Clock, type Timers } from '../clock.ts';
import { asError } from '../errors.ts';
import { AwsCallError, DynamoDbError } from './aws-call-error.ts';
import { httpPost, type HttpAnswer } from './http-post.ts';
import { createServiceClock } from './service-clock.ts';
import { createSign, type Sign, type SigningCredentials } from './sign-request.ts';

/** How one AWS service is spoken to. */
export interface AwsJsonProtocol {
  /** The service's name in signatures. */
  readonly signingName: string;
  /** What stands before the operation in `x-amz-target`. */
  readonly targetPrefix: string;
  readonly version: '1.0' | '1.1';
  /** Names of refusals that the same request can overcome later, besides status 408, 429 and 5xx. */
  readonly retryable: ReadonlySet<string>;
  readonly Failure: typeof AwsCallError;
}

/** How AWS's services say that too much is asked of them. */
const THROTTLED = [
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
];

/** The services that this process calls without the SDK's middleware. Sources: each API's reference, "Common errors". */
export const AWS_JSON_PROTOCOLS = {
  dynamodb: {
    signingName: 'dynamodb',
    targetPrefix: 'DynamoDB_20120810',
    version: '1.0',
    retryable: new Set([
      ...THROTTLED,
      'ProvisionedThroughputExceededException',
      'LimitExceededException',
      'TransactionInProgressException',
    ]),
    Failure: DynamoDbError,
  },
  eventBridge: {
    signingName: 'events',
    targetPrefix: 'AWSEvents',
    version: '1.1',
    retryable: new Set([...THROTTLED, 'InternalException']),
    Failure: AwsCallError,
  },
  sqs: {
    signingName: 'sqs',
    targetPrefix: 'AmazonSQS',
    version: '1.0',
    retryable: new Set([...THROTTLED, 'KmsThrottled', 'OverLimit', 'ServiceUnavailable']),
    Failure: AwsCallError,
  },
  stepFunctions: {
    signingName: 'states',
    targetPrefix: 'AWSStepFunctions',
    version: '1.0',
    retryable: new Set([...THROTTLED, 'KmsThrottlingException']),
    Failure: AwsCallError,
  },
} as const satisfies Readonly<Record<string, AwsJsonProtocol>>;

/** Where a service is and under which credentials, usually as an SDK client's configuration says. */
export interface AwsPlace {
  endpoint(): Promise<URL>;
  region(): Promise<string>;
  credentials(): Promise<SigningCredentials>;
}

export interface AwsJsonOptions {
  readonly protocol: AwsJsonProtocol;
  readonly place: AwsPlace;
  readonly clock: Clock;
  readonly timers: Timers;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Requests under way at a time; more wait. Default 64. */
  readonly maxConnections?: number;
  /** How long an answer may take. Default 5,000. */
  readonly timeoutMs?: number;
  /** Called for each answer that says that too much is asked. */
  readonly onThrottled?: () => void;
}

export interface AwsJsonCallOptions {
  /** How long the answer may take, where that differs from the caller's own limit. */
  readonly timeoutMs?: number;
  /** How often the request is sent again. Default 4. */
  readonly maxRetries?: number;
  /** Calls the request off. */
  readonly signal?: AbortSignal;
}

/** AWS's JSON protocol, and nothing above it: signed HTTP POST. */
export interface AwsJson {
  /**
   * Sends one request, and again when it was throttled, failed inside of the service or got no answer. In the last case
   * an earlier attempt may have been carried out. Wait times have full jitter.
   * @param body JSON text
   * @returns the JSON text of the answer
   * @throws AwsCallError
   */
  send(operation: string, body: string, options?: AwsJsonCallOptions): Promise<string>;
  /** Closes the connections. Calls under way fail. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 2_000;
const MAX_RETRIES = 4;
const BACKOFF = { baseMs: 50, capMs: 1_000 };
/** Refusals that may be about the signature's time. They are believed to be when the answer's `Date` agrees. */
const MAY_BE_ABOUT_TIME = new Set([
  'AccessDeniedException',
  'AuthFailure',
  'InvalidSignatureException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
]);

interface Target {
  readonly pool: Pool;
  readonly host: string;
  readonly path: string;
  readonly sign: Sign;
}

interface Attempt {
  readonly answer: HttpAnswer;
  /** The request was signed for a time at which the service is not. */
  readonly skewed: boolean;
}

/**
 * Calls one AWS service without the SDK's middleware, for services that call it for every few events: a call costs a
 * sixth to a tenth of the SDK's CPU. Endpoint, region and credentials still are the SDK's, HTTP is undici's. Of what the
 * SDK does it leaves out: endpoints taken from a queue's URL, compression, checksums of answers, retry quotas.
 */
export function createAwsJson(options: AwsJsonOptions): AwsJson {
  const { protocol, place, clock, timers, random, timeoutMs: usualTimeoutMs = 5_000 } = options;
  const serviceClock = createServiceClock(clock);
  const closing = new AbortController();
  let target: Promise<Target> | undefined;

  async function findTarget(): Promise<Target> {
    const [url, region] = await Promise.all([place.endpoint(), place.region()]);
    const pool = new Pool(url.origin, {
      connections: options.maxConnections ?? 64,
      allowH2: false,
      connect: { timeout: CONNECT_TIMEOUT_MS },
    });
    // Endpoints may have a path of their own, which the SDK ends with a slash.
    const path = url.pathname.replace(/\/?$/, '/');
    return { pool, host: url.host, path, sign: createSign({ service: protocol.signingName, region }) };
  }

  async function attempt(operation: string, body: Uint8Array, call: AwsJsonCallOptions): Promise<Attempt> {
    target ??= findTarget().catch((thrown: unknown) => {
      target = undefined;
      throw thrown;
    });
    const [{ pool, host, path, sign }, credentials] = await Promise.all([target, place.credentials()]);
    const [signedAtMs, sentAtMs] = [serviceClock.nowMs(), clock.nowMs()];
    const headers = sign(
      {
        host,
        path,
        headers: {
          'content-type': `application/x-amz-json-${protocol.version}`,
          'x-amz-target': `${protocol.targetPrefix}.${operation}`,
        },
        body,
      },
      credentials,
      signedAtMs,
    );
    const timeoutMs = call.timeoutMs ?? usualTimeoutMs;
    const deadlineMs = CONNECT_TIMEOUT_MS + timeoutMs;
    const limits = { timeoutMs, deadlineMs, signal: call.signal };
    const answer = await httpPost(pool, { host, path, headers, body }, limits);
    return { answer, skewed: serviceClock.learn({ ...answer, signedAtMs, sentAtMs }) };
  }

  function refusal(operation: string, { answer, skewed }: Attempt): Refusal | undefined {
    const { status, text } = answer;
    if (status === 200) return undefined;
    const reason = /"__type"\s*:\s*"(?:[^"#]*#)?(\w+)"/.exec(text)?.[1] ?? `HTTP ${status}`;
    const otherTime = skewed && MAY_BE_ABOUT_TIME.has(reason);
    const retryable = otherTime || isTransient(status) || protocol.retryable.has(reason);
    return { error: new protocol.Failure(operation, reason, retryable, { status }), atOnce: otherTime };
  }

  return {
    async send(operation, body, call = {}) {
      const { maxRetries = MAX_RETRIES } = call;
      // Encoded once, for the signature and for the network.
      const bytes = Buffer.from(body);
      for (let retries = 0, corrected = false; ;) {
        let failure: Refusal | undefined;
        try {
          const made = await attempt(operation, bytes, call);
          failure = refusal(operation, made);
          if (failure === undefined) return made.answer.text;
          if (isThrottle(failure.error.reason)) options.onThrottled?.();
        } catch (thrown) {
          const retryable = !closing.signal.aborted && call.signal?.aborted !== true;
          const error = new protocol.Failure(operation, networkReason(thrown), retryable, { cause: thrown });
          failure = { error };
        }
        // A wrong clock is corrected once, however few retries the caller allows.
        if (failure.atOnce === true && !corrected) {
          corrected = true;
          continue;
        }
        if (!failure.error.retryable || retries >= maxRetries) throw failure.error;
        await pause(timers, fullJitterMs(retries, BACKOFF, random), call.signal);
        retries += 1;
      }
    },
    async close() {
      closing.abort();
      await (await target)?.pool.destroy();
    },
  };
}

interface Refusal {
  readonly error: AwsCallError;
  /** Signing again helps without waiting. */
  readonly atOnce?: boolean;
}

const THROTTLES: ReadonlySet<string> = new Set([
  ...THROTTLED,
  'HTTP 429',
  'KmsThrottled',
  'KmsThrottlingException',
  'LimitExceededException',
  'OverLimit',
  'ProvisionedThroughputExceeded',
  'ProvisionedThroughputExceededException',
  'ThrottlingError',
]);

/** Whether a name of an error, of an operation or of a statement in a batch, says that too much is asked. */
export function isThrottle(reason: string): boolean {
  return THROTTLES.has(reason);
}

function isTransient(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}

function networkReason(thrown: unknown): string {
  const error = asError(thrown);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
