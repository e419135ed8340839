import { describe, expect, it } from 'vitest';
import { epochOf, ExecutionArn, IdentityId, keyTemplate, uploadIdOf } from '@stepcast/contracts';
import type { UploadedObject } from '@stepcast/wire';
import {
  addressOf,
  claimOfCallers,
  isHearsay,
  seenCaller,
  type OwnedAssignment,
  type OwnershipRules,
} from './ownership.ts';

const one = IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f');
const other = IdentityId.parse('us-east-1:9a8b7c6d-5e4f-3a2b-1c0d-9e8f7a6b5c4d');
const rules: OwnershipRules = { keyTemplate: keyTemplate('users/{identityId}/'), buckets: new Set(['ours']) };
const AT = Date.UTC(2026, 10, 3, 10, 15);

/** An object whose key says nothing of its owner. */
const inbox = (over: Partial<UploadedObject> = {}): UploadedObject => ({
  bucket: 'ours',
  key: 'inbox/scan.pdf',
  createdMs: AT,
  ...over,
});
const claim = (identityId: IdentityId) => [{ proof: 'callerIdentity', identityId }];
/** Who wrote which version when. */
const seen = (identityId: IdentityId, over: Partial<UploadedObject> = {}) =>
  seenCaller(inbox(over), identityId);

describe('a caller whom CloudTrail saw', () => {
  it('is remembered with the version and the time of the write, or without', () => {
    const epoch = epochOf({ versionId: 'v1' });
    expect(epoch).toBeDefined();
    expect(seen(one, { versionId: 'v1' })).toEqual({ identityId: one, epoch, atMs: AT });
    expect(seen(one, { createdMs: null })).toEqual({ identityId: one, epoch: null, atMs: null });
  });
});

describe('what callers claim of an object', () => {
  it('is the version that they wrote, and no other', () => {
    const object = inbox({ versionId: 'v1' });
    const [first, second] = [seen(one, { versionId: 'v1' }), seen(other, { versionId: 'v2' })];
    expect(claimOfCallers(rules, object, [first, second])).toEqual(claim(one));
    expect(claimOfCallers(rules, object, [second, first])).toEqual(claim(one));
    expect(claimOfCallers(rules, object, [second])).toEqual([]);
  });

  it('counts a caller of the very version before those of whom no version is known', () => {
    const object = inbox({ versionId: 'v1' });
    expect(claimOfCallers(rules, object, [seen(other), seen(one, { versionId: 'v1' })])).toEqual(claim(one));
    expect(claimOfCallers(rules, object, [seen(other)])).toEqual(claim(other));
  });

  it('is nothing where two who may both be meant differ, and one claim where they are the same', () => {
    const object = inbox();
    expect(claimOfCallers(rules, object, [seen(one), seen(other)])).toEqual([]);
    expect(claimOfCallers(rules, object, [seen(one), seen(one)])).toEqual(claim(one));
    expect(claimOfCallers(rules, object, [])).toEqual([]);
    const version = inbox({ versionId: 'v1' });
    const both = [seen(one, { versionId: 'v1' }), seen(other, { versionId: 'v1' })];
    expect(claimOfCallers(rules, version, both)).toEqual([]);
  });

  it('is nothing but the very same version where the key proves an owner', () => {
    const key = `users/${one}/x`;
    expect(claimOfCallers(rules, inbox({ key }), [seen(other)])).toEqual([]);
    const object = inbox({ key, versionId: 'v1' });
    expect(claimOfCallers(rules, object, [seen(other)])).toEqual([]);
    expect(claimOfCallers(rules, object, [seen(other, { versionId: 'v1' })])).toEqual(claim(other));
  });

  it('is of a write two seconds from the object’s time at most, earlier or later', () => {
    for (const [distanceMs, claims] of [
      [0, claim(one)],
      [2_000, claim(one)],
      [-2_000, claim(one)],
      [2_001, []],
      [-2_001, []],
    ] as const)
      expect(claimOfCallers(rules, inbox(), [seen(one, { createdMs: AT + distanceMs })])).toEqual(claims);
    expect(claimOfCallers(rules, inbox(), [seen(one, { createdMs: null })])).toEqual(claim(one));
  });

  it('is of any write before the execution began, where the object has no time', () => {
    const object = inbox({ createdMs: null });
    const claimed = (atMs: number | null, startedMs: number | null) =>
      claimOfCallers(rules, object, [seen(one, { createdMs: atMs })], startedMs);
    expect(claimed(AT - 86_400_000, AT)).toEqual(claim(one));
    expect(claimed(AT + 2_000, AT)).toEqual(claim(one));
    expect(claimed(AT + 2_001, AT)).toEqual([]);
    expect(claimed(AT + 86_400_000, null)).toEqual(claim(one));
    expect(claimed(null, AT)).toEqual(claim(one));
  });

  it('goes by time alone where no version of the object is known', () => {
    expect(claimOfCallers(rules, inbox(), [seen(one, { versionId: 'v1' })])).toEqual(claim(one));
  });
});

describe('an owner of whom only another execution says so', () => {
  const PARENT = ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:Outer:one');
  const owned = (...proofs: readonly string[]): OwnedAssignment => ({
    kind: 'owned',
    identityId: one,
    bucket: 'ours',
    key: 'inbox/scan.pdf',
    ...{ uploadId: uploadIdOf('ours', 'inbox/scan.pdf'), epoch: epochOf({ versionId: 'v1' }) ?? never() },
    epochStartedAt: new Date(AT).toISOString(),
    source: 'arn:aws:states:us-east-1:111122223333:stateMachine:Outer',
    nested: true,
    proofs,
  });

  it('is hearsay until the execution’s own input names its parent', () => {
    expect(isHearsay(owned('parent'), { shape: 'flat' })).toBe(true);
    expect(isHearsay(owned('parent'), { shape: 'flat', parent: PARENT })).toBe(false);
    expect(isHearsay(owned('keyPrefix'), { shape: 'flat' })).toBe(false);
    expect(isHearsay(owned('parent', 'keyPrefix'), { shape: 'flat' })).toBe(false);
    expect(isHearsay(owned(), { shape: 'flat' })).toBe(false);
  });
});

describe('the address of an object', () => {
  it('is made once', () => {
    const object = inbox({ versionId: 'v1' });
    expect(addressOf(object)).toBe(addressOf(object));
    expect(addressOf({ ...object })).toEqual(addressOf(object));
  });
});

function never(): never {
  throw new RangeError('a version has an epoch');
}
