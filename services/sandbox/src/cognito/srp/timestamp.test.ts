import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { timestampOf } from '../testing/timestamp.ts';
import { parseTimestamp } from './timestamp.ts';

describe('the timestamp of a sign-in', () => {
  it('is read back to the second, whatever the time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
        expect(parseTimestamp(timestampOf(seconds * 1_000))).toBe(seconds * 1_000);
      }),
    );
  });

  it('may have zeros before day and hour, and GMT in place of UTC', () => {
    expect(parseTimestamp('Tue Nov 03 09:15:00 GMT 2026')).toBe(Date.UTC(2026, 10, 3, 9, 15));
    expect(parseTimestamp('Tue Nov 3 9:15:00 UTC 2026')).toBe(Date.UTC(2026, 10, 3, 9, 15));
  });

  it.each([
    '2026-11-03T09:15:00Z',
    'Tue Nov 3 09:15:00 IST 2026',
    'Mon Nov 3 09:15:00 UTC 2026',
    'Tue Nov 31 09:15:00 UTC 2026',
    'Tue Nov 3 24:15:00 UTC 2026',
    'Tue Nov 3 09:60:00 UTC 2026',
    'Die Nov 3 09:15:00 UTC 2026',
    'Tue Foo 3 09:15:00 UTC 2026',
    'Tue Nov 3 09:15:00 UTC 2026 ',
    '',
  ])('is nothing else: %p', (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });
});
