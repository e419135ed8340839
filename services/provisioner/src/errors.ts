import { StepcastError } from '@stepcast/kit';

/** The ID token was not accepted. The reply says only this; the reason goes to the log. */
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

/** The request was not signed by a signed-in or guest identity of this identity pool. The reply says only this. */
export class CallerRejectedError extends StepcastError {
  readonly code = 'PROVISIONER_CALLER_REJECTED';
  readonly retryable = false;
  /** What was missing or wrong, for the log. */
  readonly reason: string;
  constructor(reason: string, options?: ErrorOptions) {
    super('the request was not signed with credentials of this identity pool', options);
    this.reason = reason;
  }
}

/** Somebody else writes the pool's roles at this moment. */
export class PoolRolesBusyError extends StepcastError {
  readonly code = 'PROVISIONER_POOL_ROLES_BUSY';
  readonly retryable = true;
  constructor(options?: ErrorOptions) {
    super('the roles of the identity pool are being written by somebody else; try again shortly', options);
  }
}

/** Cognito does not let us read or write the pool's roles, or does not take what we wrote. */
export class PoolRolesRefusedError extends StepcastError {
  readonly code = 'PROVISIONER_POOL_ROLES_REFUSED';
  readonly retryable = false;
  constructor(operation: string, reason: string, options?: ErrorOptions) {
    super(`${operation} was refused: ${reason}`, options);
  }
}

/** The mapping does not fit what the pool has, and putting it in would change something that is not ours. */
export class PoolRolesConflictError extends StepcastError {
  readonly code = 'PROVISIONER_POOL_ROLES_CONFLICT';
  readonly retryable = false;
  constructor(reason: string, options?: ErrorOptions) {
    super(`the role mapping was not set: ${reason}`, options);
  }
}

/**
 * After writing, the pool's roles were not what was written: another writer came in between. Nothing is written again by
 * itself, because it would undo that writer; check the roles, then run it again.
 */
export class PoolRolesChangedError extends StepcastError {
  readonly code = 'PROVISIONER_POOL_ROLES_CHANGED';
  readonly retryable = false;
  readonly differences: readonly string[];
  constructor(differences: readonly string[], options?: ErrorOptions) {
    super(
      `another writer changed the roles of the identity pool meanwhile: ${differences.join(', ')}`,
      options,
    );
    this.differences = differences;
  }
}

/** So many identities seem deleted that the pool, region or account is more likely wrong. Nothing was detached. */
export class SweepRefusedError extends StepcastError {
  readonly code = 'PROVISIONER_SWEEP_REFUSED';
  readonly retryable = false;
  constructor(gone: number, attached: number, options?: ErrorOptions) {
    super(
      `${gone} of ${attached} identities with the policy do not exist; nothing was detached. Check pool, region and ` +
        'account; if they were deleted on purpose, reconcile with --sweep-all',
      options,
    );
  }
}

/** An identity that somebody names for de-provisioning is none, or a session or client ID is not its own. */
export class DeprovisionRefusedError extends StepcastError {
  readonly code = 'PROVISIONER_DEPROVISION_REFUSED';
  readonly retryable = false;
  constructor(reason: string, options?: ErrorOptions) {
    super(`nothing was de-provisioned: ${reason}`, options);
  }
}

/** The command line of the administration command is not usable. */
export class AdminUsageError extends StepcastError {
  readonly code = 'PROVISIONER_ADMIN_USAGE';
  readonly retryable = false;
  constructor(problem: string, options?: ErrorOptions) {
    super(`${problem}; node dist/admin.js help lists the commands`, options);
  }
}
