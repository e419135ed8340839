import { describe, expect, it } from 'vitest';
import { additionOf, type Lag } from './lags.ts';

const lag = (happenedMs: number, lagMs: number, uploadId = 'one'): Lag => ({ uploadId, happenedMs, lagMs });

describe('what restarts add', () => {
  it('is by how much the latest event during them was later than an event usually is', () => {
    const lags = [lag(1, 40), lag(2, 50), lag(3, 900), lag(10, 60), lag(11, 4_050, 'two'), lag(12, 70)];
    expect(additionOf(lags, 10)).toMatchObject({
      before: { events: 3, uploads: 1, medianMs: 50, longestMs: 900 },
      during: { events: 3, uploads: 2, medianMs: 70, longestMs: 4_050 },
      addedMs: 4_000,
    });
  });

  it('is nothing when the latest event came sooner than usual', () => {
    expect(additionOf([lag(1, 40), lag(10, 30)], 10).addedMs).toBe(0);
  });

  it('cannot be said where nothing happened before them, or nothing during them', () => {
    expect(() => additionOf([lag(1, 40)], 10)).toThrow(RangeError);
    expect(() => additionOf([lag(10, 40)], 10)).toThrow(RangeError);
  });
});
