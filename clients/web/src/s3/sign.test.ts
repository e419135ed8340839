import { describe, expect, it } from 'vitest';
import { objectAddress } from './address.ts';
import { signedUrl } from './sign.ts';

const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const request = { method: 'GET', bucket: 'examplebucket', key: 'test.txt', query: {}, headers: {} } as const;

describe('the signed URL of a request', () => {
  it('is that of the example in the S3 documentation', () => {
    const address = { region: 'us-east-1', endpoint: 'https://s3.amazonaws.com', pathStyle: false };
    const url = signedUrl(request, address, credentials, Date.UTC(2013, 4, 24), 86_400);
    expect(url).toContain('https://examplebucket.s3.amazonaws.com/test.txt?');
    expect(url).toContain('X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404');
  });

  it('signs the session token, and the headers that S3 wants signed, but not the content type', () => {
    const url = new URL(
      signedUrl(
        { ...request, headers: { 'content-type': 'text/plain', 'x-amz-checksum-crc32': 'AAAAAA==' } },
        { region: 'eu-central-1' },
        { ...credentials, sessionToken: 'to/ken' },
        0,
      ),
    );
    expect(url.host).toBe('examplebucket.s3.eu-central-1.amazonaws.com');
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('host;x-amz-checksum-crc32');
    expect(url.searchParams.get('X-Amz-Security-Token')).toBe('to/ken');
  });
});

describe('the address of an object', () => {
  it('has the bucket in the host, or in the path where the name has a dot or the endpoint is another', () => {
    const path = (address: Parameters<typeof objectAddress>[0], bucket: string) => {
      const found = objectAddress(address, bucket, "a b/ü'(1)+.png");
      return `${found.origin}${found.path}`;
    };
    const key = 'a%20b/%C3%BC%27%281%29%2B.png';
    expect(path({ region: 'us-east-1' }, 'photos')).toBe(`https://photos.s3.us-east-1.amazonaws.com/${key}`);
    expect(path({ region: 'cn-north-1' }, 'photos')).toBe(
      `https://photos.s3.cn-north-1.amazonaws.com.cn/${key}`,
    );
    expect(path({ region: 'us-east-1' }, 'my.photos')).toBe(
      `https://s3.us-east-1.amazonaws.com/my.photos/${key}`,
    );
    expect(path({ region: 'us-east-1', endpoint: 'http://127.0.0.1:4200/aws/s3' }, 'photos')).toBe(
      `http://127.0.0.1:4200/aws/s3/photos/${key}`,
    );
  });

  it.each(['a/../b', './a', 'a/.'])('is refused for %j, which no browser asks for as it stands', (key) => {
    expect(() => objectAddress({ region: 'us-east-1' }, 'photos', key)).toThrow('no address');
  });
});
