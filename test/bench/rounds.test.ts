import { describe, expect, it } from 'vitest';
import { measureRounds, within } from './rounds.ts';

/** Rounds that take so many seconds each. */
async function roundsOf(took: readonly number[], plan: { rounds: number; untilSeconds?: number }) {
  let now = 100;
  return measureRounds({ ...plan, seconds: () => now }, (round) => {
    now += took[round - 1] ?? Number.NaN;
    return Promise.resolve();
  });
}

describe('the rounds of a part', () => {
  it('are as many as planned where there is no limit', async () => {
    expect(await roundsOf([50, 50, 50], { rounds: 3 })).toBe(3);
  });

  it('are as many as end within the limit, by the time that the last one took', async () => {
    expect(await roundsOf([10, 10, 10], { rounds: 3, untilSeconds: 130 })).toBe(3);
    expect(await roundsOf([10, 10, 10], { rounds: 3, untilSeconds: 129 })).toBe(2);
    expect(await roundsOf([10, 11, 10], { rounds: 3, untilSeconds: 130 })).toBe(2);
  });

  it('are one at least', async () => {
    expect(await roundsOf([10], { rounds: 3, untilSeconds: 50 })).toBe(1);
  });
});

describe('a part that has a limit', () => {
  it('is given up when it takes longer', async () => {
    const endless = () => new Promise<void>(() => undefined);
    await expect(within(0.01, endless)).rejects.toThrow('it took longer than 0.01 s');
  });

  it('ends as it ends when it takes less', async () => {
    await within(60, () => Promise.resolve());
    await expect(within(60, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await within(undefined, () => Promise.resolve());
  });
});
