import { Sha256 } from '@aws-crypto/sha256-js';
import { describe, expect, it } from 'vitest';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { ConfigurationError } from './errors.ts';
import { brokerUrl, presignedUrl } from './presign.ts';

const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const nowMs = Date.UTC(2026, 10, 3, 10, 15, 31);

describe('presignedUrl', () => {
  it('makes the signature that the signer of the AWS SDK makes', { tags: ['few-cases'] }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.stringMatching(/^[A-Z0-9]{16,20}$/),
        fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme-ascii' }),
        fc.constantFrom('us-east-1', 'eu-central-1', 'ap-northeast-1'),
        fc.integer({ min: Date.UTC(2020), max: Date.UTC(2035) }),
        fc.integer({ min: 1, max: 86_400 }),
        async (accessKeyId, secretAccessKey, region, atMs, expiresSeconds) => {
          const host = `a1b2c3d4e5f6g7-ats.iot.${region}.amazonaws.com`;
          const identity = { accessKeyId, secretAccessKey };
          const signer = new SignatureV4({
            credentials: identity,
            region,
            service: 'iotdevicegateway',
            sha256: Sha256,
          });
          const request = new HttpRequest({
            method: 'GET',
            hostname: host,
            path: '/mqtt',
            headers: { host },
          });
          const { query } = await signer.presign(request, {
            signingDate: new Date(atMs),
            expiresIn: expiresSeconds,
          });
          const url = brokerUrl(`wss://${host}/mqtt`);
          const ours = new URL(
            presignedUrl({ url, region, credentials: identity, nowMs: atMs, expiresSeconds }),
          );
          expect(Object.fromEntries(ours.searchParams)).toEqual(query);
        },
      ),
    );
  });

  it('appends the session token after signing, so that the signature does not depend on it', () => {
    const url = brokerUrl('a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com');
    const without = presignedUrl({ url, region: 'us-east-1', credentials, nowMs });
    const sessionToken = 'FwoGZXIvYXdzEB4a+/=&é';
    const withToken = presignedUrl({
      url,
      region: 'us-east-1',
      credentials: { ...credentials, sessionToken },
      nowMs,
    });
    expect(withToken).toBe(`${without}&X-Amz-Security-Token=${encodeURIComponent(sessionToken)}`);
    expect(without).toMatch(/&X-Amz-SignedHeaders=host&X-Amz-Signature=[0-9a-f]{64}$/);
  });

  it('signs the host without its port and connects with it', () => {
    const sign = (endpoint: string) =>
      new URL(presignedUrl({ url: brokerUrl(endpoint), region: 'us-east-1', credentials, nowMs }));
    const one = sign('ws://127.0.0.1:4200/mqtt');
    const other = sign('ws://127.0.0.1:4201/mqtt');
    expect(one.port).toBe('4200');
    expect(one.searchParams.get('X-Amz-Signature')).toBe(other.searchParams.get('X-Amz-Signature'));
  });
});

describe('brokerUrl', () => {
  it('gives a bare host the scheme and path of IoT Core', () => {
    expect(brokerUrl('a1.iot.us-east-1.amazonaws.com').href).toBe(
      'wss://a1.iot.us-east-1.amazonaws.com/mqtt',
    );
  });

  it.each([
    'https://example.com/mqtt',
    'wss://example.com/mqtt?x=1',
    'wss://me@example.com/mqtt',
    'wss://',
    '',
  ])('refuses %p', (endpoint) => {
    expect(() => brokerUrl(endpoint)).toThrow(ConfigurationError);
  });
});
