import { codeOf, REASONS, type Reason, type ReasonCode } from './codes.ts';

/**
 * Everything this package throws, rejects with or hands to `error` listeners.
 * `reasonCode` is the number of `codes.ts`; `code` the stable text of it.
 */
export class StepcastError extends Error {
  readonly code: string;
  readonly reason: Reason;
  readonly reasonCode: ReasonCode;
  /** Whether the client itself tries again. */
  readonly retryable: boolean;

  constructor(reason: Reason, message?: string, options?: ErrorOptions) {
    super(message ?? REASONS[reason].meaning, options);
    this.name = 'StepcastError';
    this.reason = reason;
    this.reasonCode = codeOf(reason);
    this.code = `WEB_${reason.replace(/[A-Z]/g, (char) => `_${char}`).toUpperCase()}`;
    this.retryable = this.reasonCode >= 100 && this.reasonCode < 200;
  }
}

/** Thrown at once by `createProgressClient` and `watch` for an option or argument that cannot work. */
export class ConfigurationError extends StepcastError {
  constructor(message: string) {
    super('configuration', message);
    this.name = 'ConfigurationError';
  }
}

/**
 * Thrown by a credential provider (or by this package for it) when trying again is pointless: nobody is signed in, the
 * login was refused. The client stops with `credentialsDenied`. Every other error of a provider is retried.
 */
export class CredentialsDeniedError extends StepcastError {
  constructor(message: string, options?: ErrorOptions) {
    super('credentialsDenied', message, options);
    this.name = 'CredentialsDeniedError';
  }
}

/** The broker refused a subscription (SUBACK 0x80, 0x87). */
export class SubscribeRefusedError extends StepcastError {
  readonly filter: string;
  /** MQTT reason code of the SUBACK. */
  readonly mqttCode: number;
  constructor(filter: string, mqttCode: number) {
    super('subscribeDenied', `the broker refused the subscription to ${filter} (MQTT reason ${mqttCode})`);
    this.name = 'SubscribeRefusedError';
    this.filter = filter;
    this.mqttCode = mqttCode;
  }
}

/** What a rejected promise or a `catch` holds, as an `Error`. */
export function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  // Errors from another realm (a frame, a test runner) are errors too.
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown)
    return new Error(String(thrown.message), { cause: thrown });
  return new Error(String(thrown));
}
