import { describe, expect, it } from 'vitest';
import { createVirtualTime } from '../../testing/virtual-time.ts';
import { KeepAlive } from './keep-alive.ts';

function setUp(seconds = 30) {
  const time = createVirtualTime();
  const traffic = { sent: 1, received: 1 };
  const pings: number[] = [];
  const silences: number[] = [];
  const keepAlive = new KeepAlive({
    seconds,
    timers: time.timers,
    traffic: () => ({ ...traffic }),
    ping: () => {
      traffic.sent += 1;
      pings.push(time.nowMs());
    },
    onSilence: () => silences.push(time.nowMs()),
  });
  return { time, traffic, pings, silences, keepAlive, beganMs: time.nowMs() };
}

describe('keeping a connection alive', () => {
  it('never sends nothing for as long as was promised, and stays while pings are answered', async () => {
    const { time, traffic, pings, silences, beganMs } = setUp();
    let lastMs = beganMs;
    for (let answered = 0; answered < 10; answered += 1) {
      await time.advanceUntil(() => pings.length > answered);
      expect(time.nowMs() - lastMs).toBeLessThanOrEqual(30_000);
      lastMs = time.nowMs();
      traffic.received += 1;
    }
    expect(silences).toEqual([]);
  });

  it('does not ping while messages go out and are acknowledged', async () => {
    const { time, traffic, pings } = setUp();
    for (let second = 0; second < 300; second += 1) {
      traffic.sent += 1;
      traffic.received += 1;
      await time.advance(1_000);
    }
    expect(pings).toEqual([]);
  });

  it('gives up a broker that does not answer a ping within the interval, although messages still go out', async () => {
    const { time, traffic, pings, silences } = setUp();
    for (let second = 0; second < 100; second += 1) {
      traffic.sent += 1;
      await time.advance(1_000);
    }
    const [silentMs = 0] = silences;
    expect(silences).toHaveLength(1);
    expect(silentMs - (pings[0] ?? 0)).toBe(30_000);
  });

  it('does nothing where no interval was agreed, nor after the end', async () => {
    const none = setUp(0);
    await none.time.advance(300_000);
    expect(none.pings).toEqual([]);
    const ended = setUp();
    ended.keepAlive.stop();
    await ended.time.advance(300_000);
    expect(ended.pings).toEqual([]);
  });
});
