import { describe, expect, it } from 'vitest';
import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { epochOf, epochOfExecution, executionNameOf, losslessUtf8, uploadIdOf } from './index.ts';

const anyString = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 200 })
  .map((units) => String.fromCharCode(...units));

/** RFC 4648 base32 by arithmetic, to hold the library against. */
function referenceBase32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const padded = bits.padEnd(Math.ceil(bits.length / 5) * 5, '0');
  return (padded.match(/.{5}/g) ?? [])
    .map((five) => 'abcdefghijklmnopqrstuvwxyz234567'.charAt(parseInt(five, 2)))
    .join('');
}

describe('the upload ID', () => {
  it('is the first 26 base32 characters of the SHA-256 of bucket, line break and key in UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (key) => {
        const digest = createHash('sha256').update(`bucket\n${key}`, 'utf8').digest();
        expect(uploadIdOf('bucket', key)).toBe(referenceBase32(digest).slice(0, 26));
      }),
    );
  });

  it('differs between keys that differ only in a lone surrogate', () => {
    expect(uploadIdOf('b', '\ud800')).not.toBe(uploadIdOf('b', '\ud801'));
    expect(uploadIdOf('b', '\ud800')).not.toBe(uploadIdOf('b', '\ufffd'));
  });

  it('is never shared by two keys: in a million tries with 10,000 cases a property, in a share of them with fewer', () => {
    const tries = 100 * (fc.readConfigureGlobal().numRuns ?? 0);
    const seed = randomBytes(8).toString('hex');
    const seen = new Set<string>();
    for (let index = 0; index < tries; index += 1) seen.add(uploadIdOf('uploads', `users/${seed}/${index}`));
    expect(tries).toBeGreaterThan(0);
    expect(seen.size).toBe(tries);
  });
});

describe('lossless UTF-8', () => {
  it('is UTF-8 for every well-formed string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(Buffer.from(losslessUtf8(text)).equals(Buffer.from(text, 'utf8'))).toBe(true);
      }),
    );
  });

  it('gives two different strings different bytes', () => {
    fc.assert(
      fc.property(anyString, anyString, (one, other) => {
        const same = Buffer.from(losslessUtf8(one)).equals(Buffer.from(losslessUtf8(other)));
        expect(same).toBe(one === other);
      }),
    );
  });
});

describe('the epoch', () => {
  it('is that of the version ID where there is one', () => {
    expect(epochOf({ versionId: 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e', etag: 'a', sequencer: '01' })).toBe(
      epochOf({ versionId: 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e' }),
    );
  });

  it('tells two uploads of the same content apart by their sequencer', () => {
    expect(epochOf({ etag: 'a', sequencer: '01' })).not.toBe(epochOf({ etag: 'a', sequencer: '02' }));
  });

  it('is unknown when only an ETag is known, for the same content has the same ETag', () => {
    expect(epochOf({ etag: 'a' })).toBeUndefined();
    expect(epochOf({ versionId: 'null' })).toBeUndefined();
  });

  it('falls back to the execution', () => {
    expect(epochOfExecution('arn:one')).not.toBe(epochOfExecution('arn:two'));
  });
});

describe('the execution name of managed mode', () => {
  it('is legal for Step Functions and for its logs, whatever the key', () => {
    fc.assert(
      fc.property(anyString, (key) => {
        expect(executionNameOf('bucket', key, epochOfExecution('x'))).toMatch(/^[0-9A-Za-z_-]{1,80}$/);
      }),
    );
  });
});
