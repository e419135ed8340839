import { describe, expect, it } from 'vitest';
import { epochOf, IdentityId, keyTemplate, uploadIdOf } from '@stepcast/contracts';
import {
  addressOf,
  claimsOfEvidence,
  contradiction,
  isTrustedBucket,
  judge,
  keyProblem,
  type OwnershipRules,
} from './ownership.ts';

const one = IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f');
const other = IdentityId.parse('us-east-1:9a8b7c6d-5e4f-3a2b-1c0d-9e8f7a6b5c4d');
const rules: OwnershipRules = { keyTemplate: keyTemplate('users/{identityId}/'), buckets: new Set(['ours']) };

describe('judging claims', () => {
  it('proves an owner when all agree, and says by what', () => {
    expect(
      judge([
        { proof: 'keyPrefix', identityId: one },
        { proof: 'callerIdentity', identityId: one },
      ]),
    ).toEqual({
      kind: 'proven',
      identityId: one,
      proofs: ['keyPrefix', 'callerIdentity'],
    });
  });

  it('proves nobody when two disagree, in whatever order', () => {
    const claims = [
      { proof: 'keyPrefix', identityId: one },
      { proof: 'parent', identityId: other },
    ] as const;
    expect(judge(claims)).toEqual({
      kind: 'conflict',
      reason: 'keyPrefix and parent name different identities',
    });
    expect(judge(claims.toReversed()).kind).toBe('conflict');
  });

  it('proves nobody when there is no claim', () => {
    expect(judge([])).toEqual({ kind: 'unproven', reason: 'nothing names an identity' });
  });

  it('finds no problem with a key that names an identity in a trusted bucket', () => {
    expect(keyProblem(rules, 'ours', `users/${one}/x`)).toBeUndefined();
    expect(keyProblem(rules, 'theirs', `users/${one}/x`)).toMatch(/theirs/);
  });

  it('says each proof once', () => {
    const claim = { proof: 'keyPrefix', identityId: one } as const;
    expect(judge([claim, claim])).toEqual({ kind: 'proven', identityId: one, proofs: ['keyPrefix'] });
  });

  it('says of a key that proves nothing what is wrong with it', () => {
    const problem = (key: string) => keyProblem(rules, 'ours', key);
    const sub = '1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
    expect(problem(`users/${sub}/x`)).toMatch(
      new RegExp(
        `^the key holds ${sub}, a GUID without a region: .*Upload under the identity ID .*\\(region:guid\\)$`,
      ),
    );
    expect(problem('users/somebody/x')).toBe(
      'the key has something else than an identity ID (region:guid) where "users/{identityId}/" wants one',
    );
    expect(problem('elsewhere/x')).toBe('the key does not follow "users/{identityId}/"');
    expect(keyProblem(rules, 'theirs', 'x')).toBe(
      'bucket theirs is not one whose prefixes are pinned to identities',
    );
    expect([isTrustedBucket(rules, 'ours'), isTrustedBucket(rules, 'theirs')]).toEqual([true, false]);
  });

  it('takes from an input who called and whose key it is, the latter in trusted buckets only', () => {
    const object = { bucket: 'ours', key: `users/${one}/x`, createdMs: null };
    const claims = (evidence: Omit<Parameters<typeof claimsOfEvidence>[1], 'shape'>) =>
      claimsOfEvidence(rules, { shape: 'flat', ...evidence });
    expect(claims({ object, callerIdentity: other })).toEqual([
      { proof: 'callerIdentity', identityId: other },
      { proof: 'keyPrefix', identityId: one },
    ]);
    expect(claims({ object: { ...object, bucket: 'theirs' } })).toEqual([]);
    expect(claims({ object: { ...object, key: 'users/somebody/x' } })).toEqual([]);
    expect(claims({})).toEqual([]);
  });

  it('names the stream of an object, with its version if that is known', () => {
    const object = { bucket: 'ours', key: 'k', createdMs: null };
    expect(addressOf(object)).toEqual({ uploadId: uploadIdOf('ours', 'k'), epoch: undefined });
    const epoch = epochOf({ versionId: 'v1' });
    expect(epoch).toBeDefined();
    expect(addressOf({ ...object, versionId: 'v1' })).toEqual({ uploadId: uploadIdOf('ours', 'k'), epoch });
  });

  it('sees an input contradict an owner only where it names another', () => {
    const evidence = (identityId: string) => ({
      shape: 'flat',
      object: { bucket: 'ours', key: `users/${identityId}/x`, createdMs: null },
    });
    expect(contradiction(rules, { identityId: one }, evidence(one))).toBeUndefined();
    expect(contradiction(rules, { identityId: one }, evidence(other))).toMatch(/keyPrefix names another/);
    expect(contradiction(rules, { identityId: one }, { shape: 'nested' })).toBeUndefined();
  });
});
