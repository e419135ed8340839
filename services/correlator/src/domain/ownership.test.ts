import { describe, expect, it } from '@jest/globals';
import { IdentityId, keyTemplate } from '@stepcast/contracts';
import { contradiction, judge, keyProblem, type OwnershipRules } from './ownership.ts';

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
    expect(judge(claims).kind).toBe('conflict');
    expect(judge(claims.toReversed()).kind).toBe('conflict');
  });

  it('proves nobody when there is no claim', () => {
    expect(judge([])).toEqual({ kind: 'unproven', reason: 'nothing names an identity' });
  });

  it('finds no problem with a key that names an identity in a trusted bucket', () => {
    expect(keyProblem(rules, 'ours', `users/${one}/x`)).toBeUndefined();
    expect(keyProblem(rules, 'theirs', `users/${one}/x`)).toMatch(/theirs/);
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
