import { describe, expect, it } from 'vitest';
import { ENV } from '@stepcast/wire';
import { ConfigError, type Environment } from '@stepcast/kit';
import { loginProviderOf, readProvisionerConfig } from './config.ts';

const enough: Environment = {
  AWS_REGION: 'us-east-1',
  [ENV.accountId]: '111122223333',
  [ENV.identityPoolId]: 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
  [ENV.userPoolId]: 'us-east-1_Ab3dEf6Gh',
  [ENV.userPoolClientId]: '1h57kf5cpq17m0eml12EXAMPLE',
};
const queue = (name: string) => `https://sqs.us-east-1.amazonaws.com/111122223333/${name}`;

function problemsOf(environment: Environment): readonly string[] {
  try {
    readProvisionerConfig(environment);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems;
    throw thrown;
  }
  return [];
}

describe('the configuration of the provisioner', () => {
  it('needs no queues', () => {
    expect(problemsOf(enough)).toEqual([]);
  });

  it('takes logins from a queue only where there is one for what cannot be handled', () => {
    const logins = { ...enough, [ENV.firstLoginsQueueUrl]: queue('first-logins') };
    expect(problemsOf(logins)).toHaveLength(1);
    expect(problemsOf(logins)[0]).toContain(ENV.deadLetterQueueUrl);
    expect(problemsOf({ ...logins, [ENV.deadLetterQueueUrl]: queue('dead-letters') })).toEqual([]);
  });

  it('takes user pools of regions of any shape, and no ID without a region', () => {
    for (const region of ['us-gov-west-1', 'eusc-de-east-1', 'us-isof-south-1', 'cn-north-1'])
      expect(problemsOf({ ...enough, [ENV.userPoolId]: `${region}_Ab3dEf6Gh` })).toEqual([]);
    expect(problemsOf({ ...enough, [ENV.userPoolId]: 'pool_Ab3dEf6Gh' })).toEqual([
      expect.stringContaining(ENV.userPoolId),
    ]);
  });

  it('finds the user pool in the region of its ID, wherever the provisioner runs', () => {
    expect(loginProviderOf({ region: 'us-east-1', userPoolId: 'cn-north-1_Ab3dEf6Gh' })).toBe(
      'cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_Ab3dEf6Gh',
    );
  });

  it('tells every problem at once', () => {
    expect(
      problemsOf({
        ...enough,
        [ENV.accountId]: '1111',
        [ENV.userPoolClientId]: undefined,
        [ENV.firstLoginsQueueUrl]: queue('first-logins'),
      }).map((problem) => problem.split(/[ :]/)[0]),
    ).toEqual(expect.arrayContaining([ENV.accountId, ENV.userPoolClientId, ENV.deadLetterQueueUrl]));
  });
});
