import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { epochOfEvent, nextSequencer, uploadEventOf } from './upload-event.ts';

const eventBridge = {
  'detail-type': 'Object Created',
  source: 'aws.s3',
  time: '2026-11-03T10:15:00Z',
  detail: {
    bucket: { name: 'uploads' },
    object: { key: 'users/a b.png', etag: 'e', sequencer: '00617F', 'version-id': 'v1', size: 3 },
  },
};
const notification = {
  Records: [
    {
      eventTime: '2026-11-03T10:15:00Z',
      s3: {
        bucket: { name: 'uploads' },
        object: { key: 'users/a+b%2Bc.png', eTag: 'e', sequencer: '00617F', versionId: 'v1' },
      },
    },
  ],
};

describe('an input that is an event of S3', () => {
  it('is read in the form of EventBridge and of S3, its key decoded', () => {
    expect(uploadEventOf(JSON.stringify(eventBridge))).toMatchObject({
      bucket: 'uploads',
      key: 'users/a b.png',
      versionId: 'v1',
    });
    expect(uploadEventOf(JSON.stringify(notification))).toMatchObject({
      key: 'users/a b+c.png',
      sequencer: '00617F',
    });
  });

  it.each([
    '',
    '[]',
    '{"bucket":"b","key":"k"}',
    '{"Records":[]}',
    '{"Records":[{"s3":{"bucket":{"name":"b"},"object":{"key":"%E0%A4%A"}}}]}',
  ])('is none: %s', (text) => {
    expect(uploadEventOf(text)).toBeUndefined();
  });

  it('keeps all else when it is about another version, which is an epoch of its own', () => {
    for (const event of [eventBridge, notification]) {
      const before = uploadEventOf(JSON.stringify(event));
      const after = uploadEventOf(before?.withVersion('006180', Date.UTC(2026, 10, 4)) ?? '');
      expect(after).toMatchObject({
        bucket: 'uploads',
        key: before?.key,
        sequencer: '006180',
        versionId: undefined,
      });
      expect(after === undefined ? undefined : epochOfEvent(after)).not.toBe(
        before === undefined ? '' : epochOfEvent(before),
      );
    }
    expect(uploadEventOf(JSON.stringify(eventBridge))?.withVersion('1', 0)).toContain('"size":3');
  });
});

describe('the sequencer after another', () => {
  it('comes after it and before every other later one, in the order of S3', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 72n }),
        fc.bigInt({ min: 2n, max: 2n ** 40n }),
        (number, more) => {
          const text = (value: bigint) => value.toString(16).toUpperCase().padStart(18, '0');
          const next = nextSequencer(text(number)) ?? '';
          const [a, b, c] = [text(number), next, text(number + more)].map((one) => one.padStart(32, '0'));
          expect((a ?? '') < (b ?? '') && (b ?? '') < (c ?? '')).toBe(true);
          expect(nextSequencer(text(number))).toBe(next);
        },
      ),
    );
    expect(nextSequencer('not hexadecimal')).toBeUndefined();
  });
});
