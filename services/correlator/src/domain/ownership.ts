import {
  type IdentityId,
  type KeyTemplate,
  epochOf,
  uploadIdOf,
  type Epoch,
  type UploadId,
} from '@stepcast/contracts';
import { decodeNotificationKey, type InputEvidence, type UploadedObject } from '@stepcast/wire';

/** Who owns an execution and which stream it is part of, once and for all. */
export interface OwnedAssignment {
  readonly kind: 'owned';
  readonly identityId: IdentityId;
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: UploadId;
  readonly epoch: Epoch;
  readonly epochStartedAt: string;
  /** ARN of the state machine of the outermost execution. */
  readonly source: string;
  /** It is part of another execution's stream. */
  readonly nested: boolean;
  /** Which proofs agreed. */
  readonly proofs: readonly string[];
}

/** Two proofs disagree: nothing is published, and the records become dead letters for operators. */
export interface QuarantinedAssignment {
  readonly kind: 'quarantined';
  readonly reason: string;
}

/** Nothing proved an owner in time: what comes is dead-lettered. */
export interface UnownedAssignment {
  readonly kind: 'unowned';
  readonly reason: string;
}

export type Assignment = OwnedAssignment | QuarantinedAssignment | UnownedAssignment;

/** One statement about who owns something, and what makes it. Only certain ones are here: supporting ones decide nothing. */
export interface OwnerClaim {
  readonly proof: 'managedStart' | 'callerIdentity' | 'keyPrefix' | 'parent';
  readonly identityId: IdentityId;
}

export type Verdict =
  | { readonly kind: 'proven'; readonly identityId: IdentityId; readonly proofs: readonly string[] }
  | { readonly kind: 'conflict'; readonly reason: string }
  /** Nothing names an owner. `reason` explains it where something seemed to. */
  | { readonly kind: 'unproven'; readonly reason: string };

/** A write that S3 took, and whose it was, as CloudTrail saw it. */
export interface SeenCaller {
  readonly identityId: IdentityId;
  /** The version that the write made; null in a bucket without versions. */
  readonly epoch: Epoch | null;
  /** When S3 took it; null when nothing says it. */
  readonly atMs: number | null;
}

/** What judging keys needs to know. */
export interface OwnershipRules {
  readonly keyTemplate: KeyTemplate;
  /** Buckets whose prefixes IAM pins to identities. */
  readonly buckets: ReadonlySet<string>;
}

/** Whether a bucket's key prefixes say anything about identities. */
export function isTrustedBucket(rules: OwnershipRules, bucket: string): boolean {
  return rules.buckets.has(bucket);
}

/** Why a key proves nothing, in words that say what to do; undefined when it proves an owner. */
export function keyProblem(rules: OwnershipRules, bucket: string, key: string): string | undefined {
  if (!isTrustedBucket(rules, bucket))
    return `bucket ${bucket} is not one whose prefixes are pinned to identities`;
  const owner = rules.keyTemplate.ownerOf(key);
  if (owner.kind !== 'identity' && isStillEncoded(rules, key))
    return (
      'the key is still URL-encoded, with %3A where an identity ID has its colon. ' +
      'Name its place in ownership.inputPaths with the encoding "url"'
    );
  switch (owner.kind) {
    case 'identity':
      return undefined;
    case 'userPoolSub':
      return (
        `the key holds ${owner.found}, a GUID without a region: that is a user-pool sub, not an identity ID. ` +
        'Upload under the identity ID that GetId returned (region:guid)'
      );
    case 'malformed':
      return `the key has something else than an identity ID (region:guid) where "${rules.keyTemplate.template}" wants one`;
    case 'none':
      return `the key does not follow "${rules.keyTemplate.template}"`;
  }
}

function isStillEncoded(rules: OwnershipRules, key: string): boolean {
  const decoded = decodeNotificationKey(key);
  return decoded !== undefined && rules.keyTemplate.ownerOf(decoded).kind === 'identity';
}

/** What an object's key claims. */
export function claimOfKey(
  rules: OwnershipRules,
  object: Pick<UploadedObject, 'bucket' | 'key'>,
): OwnerClaim[] {
  if (!isTrustedBucket(rules, object.bucket)) return [];
  const owner = rules.keyTemplate.ownerOf(object.key);
  return owner.kind === 'identity' ? [{ proof: 'keyPrefix', identityId: owner.identityId }] : [];
}

/** CloudTrail's times are whole seconds, and S3 says itself when it took an object: the same write may be this far apart. */
const SAME_WRITE_MS = 2_000;

export function seenCaller(object: UploadedObject, identityId: IdentityId): SeenCaller {
  return { identityId, epoch: epochOf({ versionId: object.versionId }) ?? null, atMs: object.createdMs };
}

/**
 * What the callers whom CloudTrail saw claim of one object. A caller speaks for the version that they wrote and for no other:
 * who writes a key after somebody else must neither take that upload nor stop it. Where the key proves an owner, only the
 * very same version counts. Elsewhere the times decide, and two callers who may both be meant claim nothing.
 * @param startedMs when the execution began, for an object of which nothing says when it was created
 */
export function claimOfCallers(
  rules: OwnershipRules,
  object: UploadedObject,
  callers: readonly SeenCaller[],
  startedMs: number | null = null,
): OwnerClaim[] {
  const epoch = epochOf({ versionId: object.versionId });
  const exact = epoch === undefined ? [] : callers.filter((caller) => caller.epoch === epoch);
  if (exact.length > 0 || claimOfKey(rules, object).length > 0) return unanimous(exact);
  return unanimous(
    callers.filter(
      (caller) =>
        (epoch === undefined || caller.epoch === null) && mayBeSameWrite(caller.atMs, object, startedMs),
    ),
  );
}

function mayBeSameWrite(
  atMs: number | null,
  { createdMs }: UploadedObject,
  startedMs: number | null,
): boolean {
  if (atMs === null) return true;
  if (createdMs !== null) return Math.abs(atMs - createdMs) <= SAME_WRITE_MS;
  // Of an object without a time: whatever was written before the execution began.
  return startedMs === null || atMs <= startedMs + SAME_WRITE_MS;
}

function unanimous(callers: readonly SeenCaller[]): OwnerClaim[] {
  const [identityId, ...others] = new Set(callers.map((caller) => caller.identityId));
  return identityId === undefined || others.length > 0 ? [] : [{ proof: 'callerIdentity', identityId }];
}

/** What the input of an execution claims. */
export function claimsOfEvidence(rules: OwnershipRules, evidence: InputEvidence): OwnerClaim[] {
  const claims: OwnerClaim[] = [];
  if (evidence.callerIdentity !== undefined)
    claims.push({ proof: 'callerIdentity', identityId: evidence.callerIdentity });
  if (evidence.object !== undefined) claims.push(...claimOfKey(rules, evidence.object));
  return claims;
}

/** Claims that all agree prove the owner. Two that do not prove nothing, and an operator must decide. */
export function judge(claims: readonly OwnerClaim[]): Verdict {
  const [first] = claims;
  if (first === undefined) return { kind: 'unproven', reason: 'nothing names an identity' };
  if (claims.some((claim) => claim.identityId !== first.identityId)) {
    const proofs = claims.map((claim) => claim.proof).join(' and ');
    return { kind: 'conflict', reason: `${proofs} name different identities` };
  }
  return {
    kind: 'proven',
    identityId: first.identityId,
    proofs: [...new Set(claims.map((claim) => claim.proof))],
  };
}

interface Address {
  readonly uploadId: UploadId;
  readonly epoch: Epoch | undefined;
}

const addresses = new WeakMap<UploadedObject, Address>();

/** The stream's address of an object, with the epoch if the version is known. Two digests, made once an object. */
export function addressOf(object: UploadedObject): Address {
  const before = addresses.get(object);
  if (before !== undefined) return before;
  const address = { uploadId: uploadIdOf(object.bucket, object.key), epoch: epochOf(object) };
  addresses.set(object, address);
  return address;
}

/**
 * Whether only another execution's log says whose an execution is, and not its own input. A workflow that passes the name
 * and input of a running execution to `StartExecution` gets the ARN of that one, no matter who owns it.
 */
export function isHearsay({ proofs }: OwnedAssignment, evidence: InputEvidence): boolean {
  return proofs.length === 1 && proofs[0] === 'parent' && evidence.parent === undefined;
}

/** Why what an input claims cannot be true of an execution whose owner is known; undefined when it agrees. */
export function contradiction(
  rules: OwnershipRules,
  owner: Pick<OwnedAssignment, 'identityId'>,
  evidence: InputEvidence,
): string | undefined {
  const other = claimsOfEvidence(rules, evidence).find((claim) => claim.identityId !== owner.identityId);
  return other === undefined
    ? undefined
    : `its owner was proven, but its ${other.proof} names another identity`;
}
