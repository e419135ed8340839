import { ManualTime } from '@stepcast/kit/testing';
import { createHealthChecks, silentLogger, type Heartbeat } from '@stepcast/kit';
import { describe, expect, it } from 'vitest';
import { startReconcileLoop } from './reconcile-loop.ts';

const nothing = { known: 0, targets: 0, attached: 0, swept: 0, foreign: 0, failed: 0 };

const silentHeart: Heartbeat = { beat: () => undefined, end: () => undefined };

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
      heartbeat: silentHeart,
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
      heartbeat: silentHeart,
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

  it('counts as stuck when a comparison hangs, and not while it makes progress or waits for its turn', async () => {
    const time = new ManualTime();
    const health = createHealthChecks({
      clock: time,
      timers: time,
      eventLoop: { longestDelayMs: () => 0, close: () => undefined },
    });
    const { promise, resolve } = Promise.withResolvers<typeof nothing>();
    let step: () => void = () => undefined;
    const stop = startReconcileLoop({
      reconcile: ({ onStep }) => {
        step = onStep;
        return promise;
      },
      everyMs: 60_000,
      timers: time,
      heartbeat: health.addLoop('reconciliation', { maxSilenceMs: 90_000 }),
      logger: silentLogger,
    });
    await time.advance(60_000);
    for (let n = 0; n < 10; n += 1) {
      await time.advance(80_000);
      expect(health.live().ok).toBe(true);
      step();
    }
    await time.advance(90_001);
    expect(health.live().checks['reconciliation']).toMatchObject({ ok: false });
    resolve(nothing);
    await time.advance(0);
    expect(health.live().ok).toBe(true);
    await stop();
    await time.advance(3_600_000);
    expect(health.live().checks).not.toHaveProperty('reconciliation');
  });
});
