import { describe, expect, it } from 'vitest';
import { TransferRate } from './transfer-rate.ts';

describe('the rate of a transfer', () => {
  it('is known after a second, and is that of the last seconds', () => {
    const rate = new TransferRate();
    expect(rate.at(0, 0)).toBeUndefined();
    expect(rate.at(500, 500)).toBeUndefined();
    expect(rate.at(1_000, 1_000)).toBe(1_000);
    for (let second = 2; second <= 12; second += 1) rate.at(second * 1_000, 1_000 + second * 10);
    expect(rate.at(13_000, 1_130)).toBe(10);
  });

  it('begins anew when an attempt is repeated', () => {
    const rate = new TransferRate();
    rate.at(0, 0);
    rate.at(2_000, 9_000);
    expect(rate.at(3_000, 0)).toBeUndefined();
    expect(rate.at(4_000, 200)).toBe(200);
  });
});
