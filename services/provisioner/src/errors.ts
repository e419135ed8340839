import { StepcastError } from '@stepcast/kit';

/** The ID token was not accepted. The caller is told only this; the reason goes to the log. */
export class TokenRejectedError extends StepcastError {
  readonly code = 'PROVISIONER_TOKEN_REJECTED';
  readonly retryable = false;
  /** Name of the check that failed, for the log and the counter. */
  readonly reason: string;
  constructor(reason: string, options?: ErrorOptions) {
    super('the ID token was not accepted', options);
    this.reason = reason;
  }
}

/** The user pool's keys cannot be had, so no token can be judged. Fails closed. */
export class KeysUnavailableError extends StepcastError {
  readonly code = 'PROVISIONER_KEYS_UNAVAILABLE';
  readonly retryable = true;
  constructor(options?: ErrorOptions) {
    super('the keys of the user pool cannot be fetched; try again shortly', options);
  }
}

/** Cognito or IoT did not do what was asked, and may if asked again. */
export class DirectoryUnavailableError extends StepcastError {
  readonly code = 'PROVISIONER_AWS_UNAVAILABLE';
  readonly retryable = true;
  constructor(operation: string, options?: ErrorOptions) {
    super(`${operation} failed; try again shortly`, options);
  }
}

/** Cognito refused the token although its signature was right: the user pool client is no provider of the identity pool, or the like. */
export class IdentityRefusedError extends StepcastError {
  readonly code = 'PROVISIONER_IDENTITY_REFUSED';
  readonly retryable = false;
  constructor(options?: ErrorOptions) {
    super(
      'Cognito gave no identity for this token: check that the user pool and its client are a provider of the identity pool',
      options,
    );
  }
}

/** The policy that is to be attached does not exist, or its target has the most that IoT allows. */
export class PolicyNotAttachableError extends StepcastError {
  readonly code = 'PROVISIONER_POLICY_NOT_ATTACHABLE';
  readonly retryable = false;
  constructor(policyName: string, reason: string, options?: ErrorOptions) {
    super(`the IoT policy ${policyName} cannot be attached: ${reason}`, options);
  }
}
