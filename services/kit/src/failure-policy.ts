import { isError, StepcastError, type FailureKind } from './errors.ts';
import { createLru } from './lru.ts';

/*
 * What happens to a message whose processing failed.
 *
 * infrastructure   Something around us is away, slow, throttled, or refuses us: timeouts, 5xx, refused and reset
 *                  connections, DNS, credentials that are missing or expired, rights that are missing. The message is
 *                  innocent, so the delivery does not count against its budget, however often it comes: an outage never
 *                  dead-letters. It is retried with full jitter, 1 s to 60 s, and readiness is raised.
 * contention       Somebody else was faster: a conditional write or an optimistic update lost. Reading again is all that
 *                  is needed, so it is retried within 50 to 500 ms and does not count.
 * poison           The message itself cannot be processed, now or ever: it does not parse, or it contradicts itself. It
 *                  goes to the dead-letter queue at once.
 * unexpected       Everything else, which means a bug. It is retried with full jitter, 1 s to 60 s, and counts: after
 *                  `limit` such failures (default 20) the message goes to the dead-letter queue.
 *
 * SQS's receive count cannot tell which deliveries failed by whose fault, so failures are counted here, by message, in
 * memory. A restart, and another process that gets the message, begin to count again: a message that trips a bug is
 * retried at most `limit` times per start of a process. It is never retried silently, since each failure is logged.
 */
export interface FailurePolicy {
  /** Whether the delivery counts against the message's budget. */
  readonly counts: boolean;
  /** Bounds of the wait before the next delivery; undefined when there is none. */
  readonly retry: RetryRange | undefined;
  /** Whether the message goes to the dead-letter queue at once. */
  readonly deadLetterAtOnce: boolean;
  /** Whether the service is not ready while such failures go on. */
  readonly raisesReadiness: boolean;
}

/** Waits lie between `minMs` and the lesser of `capMs` and `firstMs * 2^attempt`, evenly. */
export interface RetryRange {
  readonly minMs: number;
  readonly firstMs: number;
  readonly capMs: number;
}

const SLOW: RetryRange = { minMs: 1_000, firstMs: 2_000, capMs: 60_000 };
const SOON: RetryRange = { minMs: 50, firstMs: 500, capMs: 500 };

export const FAILURE_POLICIES: Readonly<Record<FailureKind, FailurePolicy>> = {
  infrastructure: { counts: false, retry: SLOW, deadLetterAtOnce: false, raisesReadiness: true },
  contention: { counts: false, retry: SOON, deadLetterAtOnce: false, raisesReadiness: false },
  poison: { counts: false, retry: undefined, deadLetterAtOnce: true, raisesReadiness: false },
  unexpected: { counts: true, retry: SLOW, deadLetterAtOnce: false, raisesReadiness: false },
};

/** How many countable failures a message may have. */
export const DEFAULT_FAILURE_LIMIT = 20;

/**
 * How long until the message is delivered again.
 * @param attempt 0 after the first failure
 * @param random from 0 (inclusive) to 1 (exclusive)
 * @returns undefined when it is not: it goes to the dead-letter queue
 */
export function retryDelayMs(kind: FailureKind, attempt: number, random: () => number): number | undefined {
  const { retry } = FAILURE_POLICIES[kind];
  if (retry === undefined) return undefined;
  const highestMs = Math.min(retry.capMs, retry.firstMs * 2 ** Math.min(Math.max(0, attempt), 30));
  return retry.minMs + Math.floor(random() * (highestMs - retry.minMs + 1));
}

const CONTENTION_NAMES = new Set([
  'ConcurrentModificationException',
  'ConditionalCheckFailed',
  'ConditionalCheckFailedException',
  'ConflictException',
  'DuplicateItem',
  'DuplicateItemException',
  'ReplicatedWriteConflictException',
  'TransactionConflict',
  'TransactionConflictException',
  'TransactionInProgressException',
]);

const INFRASTRUCTURE_NAMES = new Set([
  // Throttling and capacity.
  'BandwidthLimitExceeded',
  'ItemCollectionSizeLimitExceededException',
  'KmsThrottled',
  'KmsThrottlingException',
  'LimitExceededException',
  'OverLimit',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceeded',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingError',
  'ThrottlingException',
  'TooManyRequestsException',
  // The service's own failures, and time that ran out.
  'InternalError',
  'InternalFailure',
  'InternalServerError',
  'InternalServerException',
  'RequestTimeout',
  'RequestTimeoutException',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'TimeoutError',
  // Credentials, rights and clocks.
  'AccessDenied',
  'AccessDeniedException',
  'AuthFailure',
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'ForbiddenException',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'KmsAccessDenied',
  'KmsAccessDeniedException',
  'KmsDisabled',
  'KmsInvalidKeyUsage',
  'KmsInvalidState',
  'KmsInvalidStateException',
  'KmsNotFound',
  'KmsOptInRequired',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'NotAuthorizedException',
  'OptInRequired',
  'ProviderError',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
  'TokenProviderError',
  'UnauthorizedException',
  'UnrecognizedClientException',
  // What the deployment forgot, or has not made yet.
  'QueueDoesNotExist',
]);

const NETWORK_CODES = new Set([
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EMFILE',
  'ENETDOWN',
  'ENETRESET',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'EPROTO',
  'ETIMEDOUT',
]);
/** TLS that cannot be agreed on, and undici's own names for timeouts and connections that broke. */
const NETWORK_CODE_PREFIXES = ['CERT_', 'ERR_SSL_', 'ERR_TLS_', 'UND_ERR_'];
/** Misuse of undici, not the network. */
const MISUSE_CODES = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED']);

/** The kind that an AWS error's name or HTTP status stands for; undefined when they say nothing about it. */
export function kindOfAwsError(name: string, status: number | undefined): FailureKind | undefined {
  if (CONTENTION_NAMES.has(name)) return 'contention';
  if (INFRASTRUCTURE_NAMES.has(name) || isNetworkCode(name)) return 'infrastructure';
  if (status === undefined) return undefined;
  return status >= 500 || [401, 403, 408, 429].includes(status) ? 'infrastructure' : undefined;
}

function isNetworkCode(code: string): boolean {
  if (MISUSE_CODES.has(code)) return false;
  return NETWORK_CODES.has(code) || NETWORK_CODE_PREFIXES.some((prefix) => code.startsWith(prefix));
}

/** Chains of causes are followed so far; they may be circular. */
const MAX_CAUSES = 10;

/**
 * The kind of a failure: what a {@link StepcastError} says itself, else what an AWS or network error stands for, else the
 * same of its cause, and of the causes behind that. `unexpected` when none of them says.
 */
export function failureKindOf(thrown: unknown): FailureKind {
  return kindWithin(thrown, MAX_CAUSES) ?? 'unexpected';
}

function kindWithin(thrown: unknown, depth: number): FailureKind | undefined {
  if (depth === 0 || !isError(thrown)) return undefined;
  return kindOfOne(thrown) ?? kindWithin(thrown.cause, depth - 1) ?? kindOfMany(thrown, depth);
}

function kindOfOne(error: Error): FailureKind | undefined {
  if (error instanceof StepcastError && error.failure !== undefined) return error.failure;
  const code: unknown = Reflect.get(error, 'code');
  if (typeof code === 'string' && isNetworkCode(code)) return 'infrastructure';
  const metadata: unknown = Reflect.get(error, '$metadata');
  const status: unknown = isObject(metadata) ? Reflect.get(metadata, 'httpStatusCode') : undefined;
  const known = kindOfAwsError(error.name, typeof status === 'number' ? status : undefined);
  if (known !== undefined) return known;
  return isObject(Reflect.get(error, '$retryable')) ? 'infrastructure' : undefined;
}

/** Connecting to a name with several addresses fails with one error for each. */
function kindOfMany(error: Error, depth: number): FailureKind | undefined {
  if (!(error instanceof AggregateError)) return undefined;
  const errors: readonly unknown[] = error.errors;
  return kindWithin(errors[0], depth - 1);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Counts the countable failures of messages. */
export interface FailureBudget {
  /**
   * Notes a failure, if its kind counts.
   * @returns `spent` when the message has used up its budget and goes to the dead-letter queue; `failures` is its count
   */
  failed(messageId: string, kind: FailureKind): { readonly failures: number; readonly spent: boolean };
  /** Ends the count: the message is done or dead-lettered. */
  forget(messageId: string): void;
}

/** A message ID of SQS, a number, and what the map takes for them. */
const ENTRY_BYTES = 256;

/**
 * @param options.limit default 20
 * @param options.maxEntries messages counted at a time, default 10,000 (2.5 MB); the count of the one that failed longest
 * ago is forgotten first, so that it begins again
 */
export function createFailureBudget(
  options: { readonly limit?: number; readonly maxEntries?: number } = {},
): FailureBudget {
  const { limit = DEFAULT_FAILURE_LIMIT, maxEntries = 10_000 } = options;
  const counts = createLru<string, number>({
    maxBytes: maxEntries * ENTRY_BYTES,
    bytesOf: () => ENTRY_BYTES,
  });
  return {
    failed(messageId, kind) {
      const before = counts.get(messageId) ?? 0;
      if (!FAILURE_POLICIES[kind].counts) return { failures: before, spent: false };
      const failures = before + 1;
      counts.set(messageId, failures);
      return { failures, spent: failures >= limit };
    },
    forget(messageId) {
      counts.delete(messageId);
    },
  };
}
