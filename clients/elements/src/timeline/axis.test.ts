import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisOf, labelAnchor, percentAt } from './axis.ts';

const FROM = 1_700_000_000_000;

describe('the axis of a timeline', () => {
  it('left nearly everything empty when a run took milliseconds', () => {
    const axis = axisOf({ from: FROM, to: FROM + 40 }, false);
    expect(percentAt(axis, FROM + 40)).toBe(100);
    expect(axis.ticks).toEqual([0, 10, 20, 30]);
  });

  it('has a second while the workflow runs, so that the first bars do not leap', () => {
    const axis = axisOf({ from: FROM, to: FROM + 40 }, true);
    expect(percentAt(axis, FROM + 40)).toBe(4);
  });

  it('has one to five round numbers on it, whatever the run took, and no two alike', () => {
    fc.assert(
      fc.property(fc.nat(400 * 86_400_000), fc.boolean(), (tookMs, isLive) => {
        const { ticks, lengthMs } = axisOf({ from: FROM, to: FROM + tookMs }, isLive);
        expect(ticks.length).toBeGreaterThanOrEqual(1);
        expect(ticks.length).toBeLessThanOrEqual(5);
        expect(new Set(ticks).size).toBe(ticks.length);
        expect(ticks.every((tick) => tick >= 0 && tick < lengthMs)).toBe(true);
      }),
    );
  });
});

describe('a label of the axis', () => {
  it.each([
    [0, '0', 'start'],
    [81, '8 s', 'start'],
    [88, '15 s', 'start'],
    [93, '15 s', 'end'],
    [86, '1 min 30 s', 'end'],
    [70, '1 min 30 s', 'start'],
  ])(
    'at %d %% that says %j has its %s there: short ones stood unevenly, too far to the left',
    (at, label, anchor) => {
      expect(labelAnchor(at, label)).toBe(anchor);
    },
  );
});
