import { describe, expect, it } from 'vitest';
import { keyTemplate } from '@stepcast/contracts';
import { keyProblem } from './ownership.ts';

const IDENTITY = 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
const bucket = 'progress-uploads-111122223333';
const rules = { keyTemplate: keyTemplate('users/{identityId}/'), buckets: new Set([bucket]) };

describe('a key that still stands encoded, as no path is configured for it', () => {
  it('proves nothing, with a reason that names the setting', () => {
    expect(keyProblem(rules, bucket, `users/${encodeURIComponent(IDENTITY)}/uploads/scan+01.png`)).toBe(
      'the key is still URL-encoded, with %3A where an identity ID has its colon. ' +
        'Name its place in ownership.inputPaths with the encoding "url"',
    );
    expect(keyProblem(rules, bucket, 'users/%3A/x')).not.toContain('inputPaths');
    expect(keyProblem(rules, bucket, 'users/%E0%A4%A/x')).not.toContain('inputPaths');
  });
});
