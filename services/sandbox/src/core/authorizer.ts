import { AwsError } from './aws-error.ts';
import { callerArn, type Principal } from './principal.ts';

/** One question to the policies: may this principal do this, to this, in these circumstances? */
export interface AuthorizationRequest {
  readonly principal: Principal;
  /** IAM action, for example `s3:PutObject` or `iot:Subscribe`. */
  readonly action: string;
  /** ARN of the resource, or the bare value where AWS has no ARN (an identity ID for `iot:AttachPolicy`). */
  readonly resource: string;
  /** Condition keys besides those that follow from the principal, for example `s3:prefix` or `iot:ClientId`. */
  readonly context: Readonly<Record<string, string | readonly string[]>>;
}

export interface Decision {
  readonly allowed: boolean;
  /** In AWS's words where it has some: `no identity-based policy allows the s3:PutObject action`. For people and logs. */
  readonly reason: string;
}

/** The one place where the sandbox decides. It decides by the very policy documents that are deployed. */
export interface Authorizer {
  authorize(request: AuthorizationRequest): Decision;
}

/**
 * @param region of the service that asks: the partition in the caller's ARN follows from it
 * @throws AwsError `AccessDenied` (403) in AWS's words when the answer is no
 */
export function requireAllowed(authorizer: Authorizer, request: AuthorizationRequest, region: string): void {
  const decision = authorizer.authorize(request);
  if (decision.allowed) return;
  const { principal, action, resource } = request;
  throw new AwsError(
    'AccessDenied',
    403,
    `User: ${callerArn(principal, region)} is not authorized to perform: ${action} on resource: ${resource} ` +
      `because ${decision.reason}`,
  );
}
