import { describe, expect, it } from '@jest/globals';
import { uriEncode } from './sigv4-canonical.ts';
import { check, credential, plain, signed } from './testing/signed-request.ts';

describe('the presigning of IoT', () => {
  const iot = {
    service: 'iotdevicegateway',
    pathEscaping: 'twice',
    sessionToken: 'appended',
    hostPort: 'optional',
  } as const;
  /** As the IoT SDKs do it: signed without the session token, which is appended afterwards. */
  const presign = async (host: string) => {
    const known = credential();
    const request = await signed(
      { ...plain, method: 'GET', segments: ['mqtt'], query: {}, headers: {} },
      credential({ sessionToken: undefined }),
      { form: 'presigned', once: false, service: 'iotdevicegateway', host },
    );
    const appended = `${request.query}&X-Amz-Security-Token=${uriEncode(known.sessionToken ?? '')}`;
    return {
      known,
      request: { ...request, headers: { ...request.headers, host: '127.0.0.1:4200' } },
      appended,
    };
  };

  it.each(['127.0.0.1:4200', '127.0.0.1'])(
    'takes a token appended after signing, host signed as %s',
    async (host) => {
      const { known, request, appended } = await presign(host);
      expect(check({ ...request, query: appended }, known, iot)).toBe('ok');
      expect(check({ ...request, query: request.query }, known, iot)).toBe('invalidToken');
      expect(check({ ...request, query: `${appended}0` }, known, iot)).toBe('invalidToken');
    },
  );

  it('refuses a token that was signed, as IoT does, and S3 refuses one that was not', async () => {
    const known = credential();
    const generic = await signed({ ...plain, method: 'GET', segments: ['mqtt'], query: {} }, known, {
      form: 'presigned',
      once: false,
      service: 'iotdevicegateway',
    });
    expect(check(generic, known, iot)).toBe('signature');
    const { request, appended } = await presign('127.0.0.1:4200');
    expect(check({ ...request, query: appended }, known, { ...iot, sessionToken: 'signed' })).toBe(
      'signature',
    );
  });
});
