import { describe, expect, it } from 'vitest';
import { answer, lookUp, named, reasonOf } from './answer.ts';

function error(name: string, message: string, code?: string): Error {
  return Object.assign(new Error(message), { name, ...(code === undefined ? {} : { code }) });
}

describe('why something could not be asked', () => {
  it.each([
    [error('NotImplemented', 'GetBucketCors is not implemented'), 'call: the sandbox does not have this'],
    [
      error(
        'AccessDeniedException',
        'User: arn:aws:sts::111122223333:assumed-role/ops/ann is not authorized to perform: iot:GetPolicy on resource: x',
      ),
      'call: not allowed to look (the role ops lacks iot:GetPolicy)',
    ],
    [error('AccessDenied', 'Access Denied'), 'call: not allowed to look (Access Denied)'],
    [
      error('CredentialsProviderError', 'Could not load credentials from any providers'),
      'call: no AWS credentials (Could not load credentials from any providers)',
    ],
    [
      error('CredentialsProviderError', 'ForbiddenException: No access'),
      'call: IAM Identity Center gives no credentials (ForbiddenException: No access); see sso.account and sso.role',
    ],
    [
      error('ExpiredTokenException', 'The security token is expired'),
      'call: the credentials have expired; sign in again (aws sso login)',
    ],
    [
      error('Error', 'connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED'),
      'call: AWS could not be reached (ECONNREFUSED)',
    ],
    [
      error('ThrottlingException', 'Rate exceeded'),
      'call: too many calls at the moment (ThrottlingException)',
    ],
    [error('Odd', 'first line\nsecond line'), 'call: Odd: first line'],
  ])('%s', (thrown, reason) => {
    expect(reasonOf('call', thrown)).toBe(reason);
  });

  it('holds no secret, and is short', () => {
    const secret = `eyJ${'x'.repeat(40)}.${'y'.repeat(40)}.z`;
    const reason = reasonOf('call', error('Odd', `${secret} ${'long '.repeat(500)}`));
    expect(reason).not.toContain(secret);
    expect(reason.length).toBeLessThan(450);
  });

  it('tells what is not there from what could not be asked', async () => {
    const missing = named('NoSuchThing');
    await expect(lookUp('call', missing, () => Promise.reject(error('NoSuchThing', 'x')))).resolves.toEqual({
      state: 'known',
      value: { found: false },
    });
    await expect(lookUp('call', missing, () => Promise.reject(error('Other', 'x')))).resolves.toMatchObject({
      state: 'unavailable',
    });
    await expect(answer('call', () => Promise.resolve(1))).resolves.toEqual({ state: 'known', value: 1 });
  });
});
