import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { formatBytes, formatDuration, formatEta, nameOfKey, sentence } from './format.ts';

describe('formatBytes', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1500, '1.5 KB'],
    [48_213, '48 KB'],
    [999_900, '1 MB'],
    [100_000_000, '100 MB'],
    [2_500_000_000, '2.5 GB'],
  ])('writes %d as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('formatDuration', () => {
  it.each([
    [-300, '0 s'],
    [420, '0.4 s'],
    [9_960, '10 s'],
    [59_700, '1 min'],
    [185_000, '3 min 5 s'],
    [7_800_000, '2 h 10 min'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('never writes 60 of a smaller unit', () => {
    fc.assert(
      fc.property(fc.nat(100_000_000), (ms) => {
        expect(formatDuration(ms)).not.toMatch(/\b60 (s|min)\b/);
      }),
    );
  });
});

describe('formatEta', () => {
  it.each([
    [0, 'a few seconds left'],
    [7.4, 'about 7 s left'],
    [42, 'about 40 s left'],
    [100, 'about 2 min left'],
    [7000, 'about 2 h left'],
  ])('writes %d seconds as %s', (seconds, text) => {
    expect(formatEta(seconds)).toBe(text);
  });
});

describe('nameOfKey', () => {
  it('takes what follows the last slash', () => {
    expect(nameOfKey('users/someone/1f0e/scan 01.png')).toBe('scan 01.png');
    expect(nameOfKey('folder/')).toBe('folder/');
  });
});

describe('what somebody wrote of their workflow', () => {
  it.each([
    ['Turn an invoice into a booking', 'Turn an invoice into a booking.'],
    ['Is it spam?', 'Is it spam?'],
    [' Done. ', 'Done.'],
    ['', ''],
  ])('%j is a sentence: the next one began without a full stop before it', (text, expected) => {
    expect(sentence(text)).toBe(expected);
  });
});
