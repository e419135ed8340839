import * as z from 'zod/mini';
import { regionAndGuid } from './regions.ts';

/**
 * The identifiers that every other package shares, each a branded string so that one can never be
 * passed for another.
 */

/** As AWS documents it; topics are sized for it. */
const MAX_IDENTITY_ID = 55;

/**
 * A Cognito identity ID: `REGION:GUID`, what IAM calls `cognito-identity.amazonaws.com:sub`.
 *
 * The GUID is not an RFC 4122 v4 UUID (Cognito issues other version digits), so only its shape is
 * checked. An identity pool ID has the very same shape; nothing but Cognito can tell them apart.
 *
 * The identity ID of a guest is a secret: with it alone, anybody gets that guest's credentials from Cognito, without signing in.
 * Keep it out of logs, URLs and analytics. For an identity that signed in, Cognito asks for a token besides.
 */
export const IdentityId = z
  .string()
  .check(
    z.maxLength(MAX_IDENTITY_ID, 'not a Cognito identity ID (region:guid)'),
    z.regex(regionAndGuid, 'not a Cognito identity ID (region:guid)'),
  )
  .brand('IdentityId');
export type IdentityId = z.infer<typeof IdentityId>;

const bareGuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Whether a text is a GUID without a region. In the place of an identity ID that is almost always a
 * user-pool `sub`, the commonest mix-up around identity pools, and deserves its own error.
 */
export function looksLikeUserPoolSub(text: string): boolean {
  return bareGuid.test(text);
}

/** Names one uploaded object address: 26 base32 characters, see {@link uploadIdOf}. */
export const UploadId = z
  .string()
  .check(z.regex(/^[a-z2-7]{26}$/, 'not an upload ID (26 base32 characters)'))
  .brand('UploadId');
export type UploadId = z.infer<typeof UploadId>;

/** Names one version of the uploaded object: opaque, compared only for equality. */
export const Epoch = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_-]{1,32}$/, 'not an epoch (1-32 characters of A-Z a-z 0-9 _ -)'))
  .brand('Epoch');
export type Epoch = z.infer<typeof Epoch>;

/** Position of an event in its stream: 1, 2, 3… without holes within an epoch. */
export const Offset = z.number().check(z.int(), z.gte(1)).brand('Offset');
export type Offset = z.infer<typeof Offset>;

/** What a client chooses for one connection, to address its own replies. */
export const SessionId = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_-]{1,36}$/, 'not a session (1-36 characters of A-Z a-z 0-9 _ -)'))
  .brand('SessionId');
export type SessionId = z.infer<typeof SessionId>;

const MAX_EXECUTION_ARN = 512;
const executionArn = /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:(execution|express):[^:]+:[^:]+(:[^:]+)?$/;

/** ARN of a Standard or Express execution, or of a child of a distributed Map. */
export const ExecutionArn = z
  .string()
  .check(z.maxLength(MAX_EXECUTION_ARN), z.regex(executionArn, 'not an execution ARN'))
  .brand('ExecutionArn');
export type ExecutionArn = z.infer<typeof ExecutionArn>;

/** Whether {@link ExecutionArn} takes a value. */
export function isExecutionArn(value: unknown): value is ExecutionArn {
  return typeof value === 'string' && value.length <= MAX_EXECUTION_ARN && executionArn.test(value);
}

/** A place in a stream: everything up to and including `offset` of `epoch`. */
export const Position = z.object({ epoch: Epoch, offset: Offset });
export type Position = z.infer<typeof Position>;

/** The parts of an execution ARN that others need. */
export interface ExecutionArnParts {
  readonly kind: 'standard' | 'express';
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
  /** Name of the state machine, without the Map Run label. */
  readonly stateMachineName: string;
  /** Label or UUID of the distributed Map whose child this is, if it is one. */
  readonly mapRunLabel: string | undefined;
  readonly executionName: string;
  readonly stateMachineArn: string;
}

/** Takes an execution ARN apart. The shape was checked when the value was branded. */
export function executionArnParts(arn: ExecutionArn): ExecutionArnParts {
  const [
    ,
    partition = '',
    ,
    region = '',
    accountId = '',
    resourceType = '',
    machine = '',
    executionName = '',
  ] = arn.split(':');
  const [stateMachineName = '', mapRunLabel] = machine.split('/', 2);
  return {
    kind: resourceType === 'express' ? 'express' : 'standard',
    partition,
    region,
    accountId,
    stateMachineName,
    mapRunLabel,
    executionName,
    stateMachineArn: `arn:${partition}:states:${region}:${accountId}:stateMachine:${stateMachineName}`,
  };
}
