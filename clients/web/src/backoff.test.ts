import { describe, expect, it } from 'vitest';
import { backoffDelayMs } from './backoff.ts';
import { bench } from './test-support.ts';
import { repeatable } from './testing/index.ts';

describe('the backoff', () => {
  it('is spread evenly over its bound, which doubles up to the cap', () => {
    const random = repeatable(7);
    for (const [attempt, boundMs] of [4_000, 8_000, 16_000, 30_000, 30_000].entries()) {
      const delays = Array.from({ length: 4_000 }, () => backoffDelayMs(attempt, random));
      expect(Math.max(...delays)).toBeLessThan(boundMs);
      for (let quarter = 0; quarter < 4; quarter += 1) {
        const share = delays.filter((delay) => Math.floor((delay / boundMs) * 4) === quarter).length / 4_000;
        expect(share).toBeGreaterThan(0.22);
        expect(share).toBeLessThan(0.28);
      }
    }
  });

  it('brings 1,000 clients that were cut off together back with at most a third of them in any second', async () => {
    const startedAtMs: number[] = [];
    const benches = await Promise.all(
      Array.from({ length: 1_000 }, async (_, index) => {
        const random = repeatable(index + 1);
        const one = bench();
        one.runtime.random = random;
        one.client.connect();
        await one.runtime.settle();
        return one;
      }),
    );
    for (const { client, runtime, transport } of benches) {
      transport.drop();
      startedAtMs.push(client.connection.retryInMs ?? 0);
      expect(runtime.pending).toBeGreaterThan(0);
    }
    const peak = Math.max(
      ...startedAtMs.map((from) => startedAtMs.filter((at) => at >= from && at < from + 1_000).length),
    );
    expect(peak).toBeLessThanOrEqual(333);
  });
});
