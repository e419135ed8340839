import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { AwsError, createCredentialStore } from '../core/index.ts';
import { RecordingAuthorizer } from '../testing/endpoint-harness.ts';
import { createChannels } from './channels.ts';
import { verifyConnect } from './connect.ts';

describe('an upgrade', () => {
  it('of any address is refused in AWS’s words, before anybody is asked or anything breaks', () => {
    const now = () => 1_764_058_120_804;
    const channels = createChannels({ region: 'us-east-1', accountId: '111122223333', now });
    const { arn } = channels.create('session-a');
    const authorizer = new RecordingAuthorizer();
    const options = {
      region: 'us-east-1',
      path: '/aws/kinesisvideo',
      credentials: createCredentialStore({ now }),
      authorizer,
      now,
    };
    const name = fc.constantFrom(
      'X-Amz-ChannelARN',
      'X-Amz-ClientId',
      'X-Amz-Algorithm',
      'X-Amz-Credential',
      'X-Amz-Date',
      'X-Amz-Expires',
      'X-Amz-SignedHeaders',
      'X-Amz-Signature',
    );
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(encodeURIComponent(arn), 'AWS4-HMAC-SHA256', '20261122T000000Z', '%', '%ff', 'host'),
    );
    const query = fc
      .array(fc.tuple(name, value).map((pair) => pair.join('=')))
      .map((pairs) => pairs.join('&'));
    const path = fc.oneof(
      fc.constantFrom('/aws/kinesisvideo/master', '/aws/kinesisvideo/viewer'),
      fc.webPath(),
    );
    fc.assert(
      fc.property(path, query, (at, asked) => {
        const request = { method: 'GET', url: `${at}?${asked}`, headers: { host: '127.0.0.1:4200' } };
        expect(() => verifyConnect(request, channels, options)).toThrow(AwsError);
      }),
    );
    expect(authorizer.asked).toEqual([]);
  });
});
