import { describe, expect, it } from 'vitest';
import { createMetrics } from '@stepcast/kit';
import { QUEUE_NAMES } from '@stepcast/wire';
import { createHopRecorder, MAX_SAMPLES } from './hop-recorder.ts';

function world() {
  const depths = new Map<string, number>();
  const metrics = createMetrics('stepcast_publisher_');
  const published = metrics.counter('events_published_total', 'Events', ['from']);
  const lag = metrics.histogram('delivery_lag_seconds', 'Lag', [0.1, 1, 10]);
  const clock = { at: 0, nowMs: () => clock.at };
  const broken = { queues: false, metrics: false };
  const recorder = createHopRecorder({
    queues: {
      depth: (name) =>
        broken.queues
          ? Promise.reject(new Error('away'))
          : Promise.resolve({ visible: depths.get(name) ?? 0, inFlight: 0, delayed: 0 }),
    },
    metrics: () => (broken.metrics ? Promise.reject(new Error('away')) : metrics.text()),
    clock,
  });
  const sampleAfter = async (ms: number) => {
    clock.at += ms;
    await recorder.sample();
  };
  const valuesOf = async (of: 'lag' | 'throughput', name: string) =>
    (await recorder.history(15))[of].find((series) => series.name === name)?.values;
  return { depths, published, lag, broken, clock, recorder, sampleAfter, valuesOf };
}

const PUBLISHED = 'stepcast_publisher_events_published_total';

describe('the measurements of the hops', () => {
  it('say how long a queue has not been empty, and begin anew when it was', async () => {
    const { depths, sampleAfter, valuesOf } = world();
    for (const depth of [0, 2, 1, 5, 0, 1]) {
      depths.set(QUEUE_NAMES.uploads, depth);
      await sampleAfter(2_000);
    }
    expect(await valuesOf('lag', QUEUE_NAMES.uploads)).toEqual([0, 0, 2_000, 4_000, 0, 0]);
  });

  it('say how many passed in a second, and how long they took, since the measurement before', async () => {
    const { published, lag, sampleAfter, valuesOf } = world();
    published.add({ from: 'handover' }, 100);
    lag.observe(9);
    await sampleAfter(2_000);
    published.add({ from: 'handover' }, 3);
    published.add({ from: 'journal' }, 4);
    lag.observe(0.05);
    await sampleAfter(2_000);
    await sampleAfter(2_000);
    expect(await valuesOf('throughput', PUBLISHED)).toEqual([null, 3.5, 0]);
    // 95 % of what was observed lies in the first bucket.
    expect(await valuesOf('lag', 'broker')).toEqual([null, 95, null]);
  });

  it('leave out what cannot be measured, and go on', async () => {
    const { broken, published, sampleAfter, valuesOf } = world();
    await sampleAfter(2_000);
    Object.assign(broken, { queues: true, metrics: true });
    await sampleAfter(2_000);
    Object.assign(broken, { queues: false, metrics: false });
    published.add({ from: 'handover' }, 2);
    await sampleAfter(2_000);
    expect(await valuesOf('lag', QUEUE_NAMES.events)).toEqual([0, null, 0]);
    expect((await valuesOf('throughput', PUBLISHED))?.[1]).toBeNull();
  });

  it('are stored within bounds, and given for the minutes that are asked for', async () => {
    const { recorder, sampleAfter, clock } = world();
    for (let count = 0; count < MAX_SAMPLES + 50; count += 1) await sampleAfter(2_000);
    expect((await recorder.history(180)).atMs).toHaveLength(MAX_SAMPLES);
    const { atMs, lag, throughput } = await recorder.history(1);
    expect(atMs[0]).toBe(clock.at - 60_000);
    for (const { values } of [...lag, ...throughput]) expect(values).toHaveLength(atMs.length);
  });
});
