import { describe, expect, it } from 'vitest';
import { uriEncode } from './sigv4-canonical.ts';
import { check, credential, NOW, plain, signed } from './testing/signed-request.ts';

describe('the presigning of IoT', () => {
  const iot = {
    service: 'iotdevicegateway',
    pathEscaping: 'twice',
    sessionToken: 'appended',
    hostPort: 'optional',
  } as const;
  /** As the IoT SDKs do it: signed without the session token, which is appended afterwards. */
  const presign = async (host: string, expiresIn?: number) => {
    const known = credential();
    const request = await signed(
      { ...plain, method: 'GET', segments: ['mqtt'], query: {}, headers: {} },
      credential({ sessionToken: undefined }),
      {
        form: 'presigned',
        once: false,
        service: 'iotdevicegateway',
        host,
        ...(expiresIn === undefined ? {} : { expiresIn }),
      },
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

  it.each([undefined, 60, 86_400])(
    'refuses a URL 20 minutes after its date, with X-Amz-Expires=%s: it took one that was signed for a day',
    async (expiresIn) => {
      const { known, request, appended } = await presign('127.0.0.1', expiresIn);
      const at = (ms: number) => check({ ...request, query: appended }, known, { ...iot, nowMs: NOW + ms });
      expect(at(20 * 60_000)).toBe('expiredRequest');
      expect(at(5 * 60_000 + 1)).toBe('expiredRequest');
      expect(at(60_000)).toBe('ok');
      expect(at(-5 * 60_000 - 1)).toBe('skewed');
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
