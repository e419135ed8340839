import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { PolicyConfigError } from '../errors.ts';
import { compilePolicy } from '../evaluate/compile.ts';
import { sampleConfig as config } from '../testing/sample-config.ts';
import { buildPolicies } from './build.ts';
import type { PolicyConfig } from './policy-config.ts';

describe('a configuration', () => {
  it.each<[string, Partial<PolicyConfig>, string]>([
    ['a key template without the identity', { keyTemplate: 'users/' }, 'keyTemplate'],
    ['a key template with a wildcard', { keyTemplate: 'users*/{identityId}/' }, 'keyTemplate'],
    ['a key template with a variable', { keyTemplate: '${aws:userid}/{identityId}/' }, 'keyTemplate'],
    ['a namespace with a wildcard', { topicNamespace: 'a/+' }, 'topicNamespace'],
    ['a bucket that is a pattern', { bucket: '*' }, 'bucket'],
    ['an ARN for the bucket', { bucket: 'arn:aws:s3:::uploads' }, 'bucket'],
    ['an account that is none', { accountId: '*' }, 'accountId'],
    ['a user pool for the identity pool', { identityPoolId: 'us-east-1_Ab3dEf9Gh' }, 'identityPoolId'],
    ['a role named by its ARN', { guestRoleName: 'arn:aws:iam::111122223333:role/x' }, 'guestRoleName'],
    ['one role for two purposes', { guestRoleName: 'stepcast-authenticated' }, 'role names'],
    [
      'a state machine named by a pattern',
      { services: { stateMachineNames: ['*'] } },
      'services.stateMachineNames',
    ],
    ['a channel pattern with a slash', { kvs: { channelPattern: 'a/b' } }, 'kvs.channelPattern'],
    ['an API that is a pattern', { signedApi: { apiId: '*', stageName: 'signed' } }, 'signedApi.apiId'],
    [
      'a stage that is a pattern',
      { signedApi: { apiId: 'a1b2c3d4e5', stageName: '*/POST' } },
      'signedApi.stageName',
    ],
  ])('with %s is refused, naming the field', (_what, change, field) => {
    expect(() => buildPolicies({ ...config, ...change })).toThrow(PolicyConfigError);
    expect(() => buildPolicies({ ...config, ...change })).toThrow(
      expect.objectContaining({ code: 'POLICIES_CONFIG', field }),
    );
  });

  it('makes either documents that compile or an error, whatever its texts are', () => {
    const text = fc.string({
      maxLength: 12,
      unit: fc.constantFrom('a', '/', '*', '?', '$', '{', '}', ':', '{identityId}', '1'),
    });
    fc.assert(
      fc.property(text, text, text, (template, namespace, bucket) => {
        let documents;
        try {
          documents = buildPolicies({ ...config, keyTemplate: template, topicNamespace: namespace, bucket });
        } catch (error) {
          expect(error).toBeInstanceOf(PolicyConfigError);
          return;
        }
        expect(() => compilePolicy(documents.authenticated.document)).not.toThrow();
        expect(JSON.stringify(documents.authenticated.document)).not.toMatch(/users\*|\?/);
      }),
    );
  });
});
