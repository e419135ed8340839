import { silentLogger } from '@stepcast/kit';
import { ManualTime } from '@stepcast/kit/testing';
import { describe, expect, it } from '@jest/globals';
import { startReconcileLoop } from './reconcile-loop.ts';

const nothing = { known: 0, targets: 0, attached: 0, swept: 0, foreign: 0, failed: 0 };

describe('comparing again and again', () => {
  it('begins one interval after the start, goes on after a failure, and never runs twice at a time', async () => {
    const time = new ManualTime();
    let [runs, side] = [0, 0];
    const stop = startReconcileLoop({
      reconcile: async () => {
        runs += 1;
        side += 1;
        expect(side).toBe(1);
        await Promise.resolve();
        side -= 1;
        if (runs === 1) throw new Error('throttled');
        return nothing;
      },
      everyMs: 60_000,
      timers: time,
      logger: silentLogger,
    });
    await time.advance(59_999);
    expect(runs).toBe(0);
    await time.advance(120_001);
    expect(runs).toBe(3);
    await stop();
    await time.advance(600_000);
    expect(runs).toBe(3);
    expect(time.pending).toBe(0);
  });

  it('waits for a comparison that runs before it has ended', async () => {
    const time = new ManualTime();
    const { promise, resolve } = Promise.withResolvers<typeof nothing>();
    const stop = startReconcileLoop({
      reconcile: () => promise,
      everyMs: 1_000,
      timers: time,
      logger: silentLogger,
    });
    await time.advance(1_000);
    let ended = false;
    const stopping = stop().then(() => {
      ended = true;
    });
    await time.advance(5_000);
    expect(ended).toBe(false);
    resolve(nothing);
    await stopping;
    expect(time.pending).toBe(0);
  });
});
