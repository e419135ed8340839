import type { Principal } from './principal.ts';

/** What an operation knows of the call, besides its input. */
export interface CallContext {
  readonly requestId: string;
  readonly principal: Principal;
  /** Asks the authorizer; throws `AwsError` `AccessDenied` (403) in AWS's words when it says no. */
  authorize(
    action: string,
    resource: string,
    context?: Readonly<Record<string, string | readonly string[]>>,
  ): void;
}

/** One operation: input as it came over the wire (parse it), output as it goes out (plain JSON values). */
export type Operation = (input: unknown, call: CallContext) => Promise<unknown>;

/**
 * An emulated service that speaks AWS JSON 1.0 or 1.1 (`X-Amz-Target: {targetPrefix}.{operation}`): Step Functions,
 * Cognito user pools, Cognito identity pools. The front does the wire; an operation that is not listed is answered
 * `NotImplemented`.
 */
export interface JsonService {
  readonly name: string;
  /** As in the credential scope of SigV4, for example `states`. */
  readonly signingName: string;
  readonly targetPrefix: string;
  readonly jsonVersion: '1.0' | '1.1';
  readonly operations: Readonly<Record<string, Operation>>;
  /** Operations that AWS takes without a signature. */
  readonly publicOperations: ReadonlySet<string>;
}

/**
 * An emulated service that speaks REST-JSON: the IoT control plane. The input of an operation is
 * `{ ...pathParameters, ...queryParameters, ...body }`.
 */
export interface RestService {
  readonly name: string;
  readonly signingName: string;
  readonly routes: readonly {
    readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
    /** With `{name}` for a path parameter (one level, decoded), for example `/target-policies/{policyName}`. */
    readonly path: string;
    readonly operation: Operation;
  }[];
}
