import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { instantOf } from './execution-fold.ts';

describe('the time of an event', () => {
  it('is the ISO 8601 text of its milliseconds, in whatever order times come', () => {
    const near = fc.integer({ min: 1_793_700_930_000, max: 1_793_700_932_000 });
    const any = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 });
    fc.assert(
      fc.property(fc.array(fc.oneof(near, any)), (times) => {
        expect(times.map(instantOf)).toEqual(times.map((time) => new Date(time).toISOString()));
      }),
    );
  });

  it('is a RangeError for what is no time', () => {
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, 1e18])
      expect(() => instantOf(wrong)).toThrow(RangeError);
    expect(instantOf(0)).toBe('1970-01-01T00:00:00.000Z');
  });
});
