import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantMs } from './time.ts';

describe('a time that an operator gives', () => {
  it.each([
    ['2026-11-03T10:15:00Z', '2026-11-03T10:15:00.000Z'],
    ['2026-11-03T10:15Z', '2026-11-03T10:15:00.000Z'],
    ['2026-11-03T10:15:00.25+01:00', '2026-11-03T09:15:00.250Z'],
    ['2026-11-03', '2026-11-03T00:00:00.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
  ])('%s is %s', (text, iso) => {
    expect(new Date(instantMs(text) ?? 0).toISOString()).toBe(iso);
  });

  it.each([
    '1',
    '17',
    'March 7',
    '2026-12-01 10:00',
    '2026-12-01T10:00',
    '2026-02-30',
    '2026-02-30T10:00:00Z',
    '2026-13-01',
    '2027-02-29',
    '',
  ])('%j is none: "1" was a day of 2001, so a replay from there went out to everybody', (text) => {
    expect(instantMs(text)).toBeUndefined();
  });

  it('is what was meant for every instant, and nothing for any other text', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          expect(instantMs(date.toISOString())).toBe(date.getTime());
        },
      ),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(instantMs(text)).toBeUndefined();
      }),
    );
  });
});
