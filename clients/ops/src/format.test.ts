import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { bytes, count, duration, instantOf, nameOfArn, nameOfKey, sentence, time } from './format.ts';
import { delayAfter } from './polling.ts';

describe('what the page says', () => {
  it.each([
    [null, '–'],
    [0, '0 ms'],
    [480, '480 ms'],
    [2_540, '2.5 s'],
    [61_000, '1 min 1 s'],
    [3_600_000, '1 h'],
    [50 * 3_600_000, '2 d 2 h'],
    [-5, '0 ms'],
  ])('of %s milliseconds is %s', (ms, words) => {
    expect(duration(ms)).toBe(words);
  });

  it('says numbers with their words, and sizes in a unit that fits', () => {
    expect([count(1, 'entry', 'entries'), count(2, 'entry', 'entries'), count(1_234, 'record')]).toEqual([
      '1 entry',
      '2 entries',
      '1,234 records',
    ]);
    expect([bytes(999), bytes(1_500), bytes(2_500_000)]).toEqual(['999 B', '1.5 KB', '2.5 MB']);
  });

  it('makes a sentence of a line of the command', () => {
    expect(sentence('nothing is known of x')).toBe('Nothing is known of x.');
    // "S3://x is no object": a name was changed.
    expect(sentence('s3://x is no object such as s3://bucket/key')).toBe(
      's3://x is no object such as s3://bucket/key.',
    );
    expect(sentence('interrupted')).toBe('Interrupted.');
    expect(sentence('"a" stands for 2; give one of these in full:')).toBe(
      '"a" stands for 2; give one of these in full:',
    );
  });

  it('names an execution and an object by their last part', () => {
    expect(nameOfArn('arn:aws:states:us-east-1:111122223333:execution:Photo:up-1')).toBe('up-1');
    expect([nameOfKey('users/x/photo.png'), nameOfKey('folder/')]).toEqual(['photo.png', 'folder/']);
  });

  it('shows the day of another day only, and a text that is no time as it is', () => {
    const now = new Date(2026, 10, 3, 12).getTime();
    expect(time(new Date(2026, 10, 3, 10, 15, 30).toISOString(), now)).toBe('10:15:30');
    expect(time(new Date(2026, 10, 2, 10, 15, 30).toISOString(), now)).toBe('2026-11-02 10:15:30');
    expect([time(null, now), time('soon', now)]).toEqual(['–', 'soon']);
  });

  it('takes a time of a form as the reader’s own', () => {
    expect(instantOf('2026-11-03T10:15')).toBe(new Date(2026, 10, 3, 10, 15).toISOString());
    expect([instantOf(''), instantOf('no time')]).toEqual([null, null]);
  });
});

describe('the pause between two calls', () => {
  it('grows with every failure, but never above half a minute nor below what was asked for', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.integer({ min: 500, max: 60_000 }), (failures, everyMs) => {
        const [delay, next] = [delayAfter(failures, everyMs), delayAfter(failures + 1, everyMs)];
        expect(failures === 0 ? delay : Math.min(delay, 30_000)).toBe(delay);
        expect(next).toBeGreaterThanOrEqual(Math.min(delay, 30_000));
      }),
    );
    expect([delayAfter(0, 2_000), delayAfter(1, 2_000), delayAfter(9, 2_000)]).toEqual([
      2_000, 4_000, 30_000,
    ]);
  });
});
