import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock, systemTimers } from '../clock.ts';
import { silentLogger, type Logger } from '../logger.ts';
import { createMetrics } from '../metrics.ts';
import { startOtlpReceiver, type OtlpReceiver } from '../testing/otlp-receiver.ts';
import { createOtlp, MAX_SPANS_IN_HAND, STOP_MS, type Otlp } from './otlp.adapter.ts';
import type { FinishedSpan } from './spans.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const ROOT: FinishedSpan = {
  name: 'upload taken',
  kind: 'internal',
  traceId: TRACE,
  spanId: '00f067aa0ba902b7',
  parentSpanId: undefined,
  // Before this process began: a number would be taken for one of `performance.now()`.
  startMs: 1_000,
  endMs: 2_500,
  attributes: { 'stepcast.upload_id': 'uiyprrn3y5bvzhpwhmiwbyub4q', 'stepcast.records': 3 },
};

let receiver: OtlpReceiver;
let otlp: Otlp;
const metrics = createMetrics('test_');
const said: { readonly fields: object; readonly message: string }[] = [];
const note = (fields: object, message: string) => said.push({ fields, message });
const logger: Logger = { ...silentLogger, warn: note, info: note };

beforeEach(async () => {
  said.length = 0;
  receiver = await startOtlpReceiver();
  otlp = createOtlp({
    endpoint: `${receiver.url}/`,
    service: 'stepcast-tested',
    deployment: 'here',
    instanceId: 'one',
    metrics: [metrics],
    clock: systemClock,
    timers: systemTimers,
    logger,
    spansEveryMs: 20,
  });
});

afterEach(async () => {
  await otlp.stop();
  await receiver.close();
});

describe('spans', () => {
  it('arrive with the IDs, the times and the parents that they were given', async () => {
    const child = { ...ROOT, name: 'published', kind: 'producer' as const, spanId: 'b7ad6b7169203331' };
    otlp.spans.record(ROOT);
    otlp.spans.record({
      ...child,
      parentSpanId: ROOT.spanId,
      linkedSpanIds: ['1111111111111111'],
      hasFailed: true,
    });
    await receiver.until(({ spans }) => spans.length === 2);
    expect(receiver.spans).toMatchObject([
      {
        service: 'stepcast-tested',
        traceId: TRACE,
        spanId: ROOT.spanId,
        name: 'upload taken',
        startTimeUnixNano: 1_000_000_000n,
        endTimeUnixNano: 2_500_000_000n,
        attributes: ROOT.attributes,
        status: { code: 0 },
      },
      {
        spanId: child.spanId,
        parentSpanId: ROOT.spanId,
        kind: 4,
        links: [{ traceId: TRACE, spanId: '1111111111111111' }],
        status: { code: 2 },
      },
    ]);
    expect(receiver.spans[0]?.parentSpanId ?? '').toBe('');
  });

  it('are sent at the stop', async () => {
    otlp.spans.record(ROOT);
    await otlp.stop();
    expect(receiver.spans).toHaveLength(1);
  });

  it('that cannot be made are lost, and hurt nobody', async () => {
    otlp.spans.record({ ...ROOT, startMs: Infinity });
    Object.defineProperty(ROOT.attributes, 'stepcast.epoch', {
      configurable: true,
      enumerable: true,
      get: fail,
    });
    expect(() => {
      otlp.spans.record(ROOT);
    }).not.toThrow();
    Reflect.deleteProperty(ROOT.attributes, 'stepcast.epoch');
    otlp.spans.record(ROOT);
    await otlp.stop();
    expect(said.at(-1)?.message).toBe('spans lost');
  });

  it('are all sent at the stop, however many there are', async () => {
    for (let index = 0; index < MAX_SPANS_IN_HAND; index += 1) otlp.spans.record(ROOT);
    const startedMs = Date.now();
    await otlp.stop();
    // A machine that is too busy to send them within the limit says how many it gave up.
    if (Date.now() - startedMs >= STOP_MS) expect(said.at(-1)?.message).toBe('spans lost');
    else {
      expect(receiver.spans).toHaveLength(MAX_SPANS_IN_HAND);
      expect(said).toEqual([]);
    }
  });

  it('of a collector that refuses are counted, said once, and said again when it takes them', async () => {
    receiver.answer('refused');
    otlp.spans.record(ROOT);
    await until(() => said.length === 1);
    otlp.spans.record(ROOT);
    await until(() => receiver.headers.length === 2);
    expect(said.map(({ message }) => message)).toEqual(['spans not delivered']);
    receiver.answer('taken');
    otlp.spans.record(ROOT);
    await until(() => said.length === 2);
    expect(said[1]).toEqual({ fields: { lost: 2 }, message: 'spans are delivered again' });
    expect(receiver.spans).toHaveLength(1);
  });

  it('are dropped where a collector never answers, and neither hold memory nor the stop', async () => {
    receiver.answer('never');
    for (let index = 0; index < MAX_SPANS_IN_HAND + 10_000; index += 1) otlp.spans.record(ROOT);
    const startedMs = Date.now();
    await otlp.stop();
    expect(Date.now() - startedMs).toBeLessThan(STOP_MS + 15_000);
    expect(said.at(-1)).toEqual({ fields: { lost: MAX_SPANS_IN_HAND + 10_000 }, message: 'spans lost' });
  });
});

describe('metrics', () => {
  it('arrive as what /metrics serves, with their labels and buckets', async () => {
    metrics.counter('moves_total', 'Moves', ['direction']).add({ direction: 'in' }, 3);
    const lag = metrics.histogram('lag_seconds', 'Lag', [1, 5]);
    for (const seconds of [0.5, 0.7, 3, 99]) lag.observe(seconds);
    await otlp.stop();
    expect(receiver.metrics).toMatchObject([
      {
        service: 'stepcast-tested',
        name: 'test_moves_total',
        sum: { isMonotonic: true, dataPoints: [{ attributes: { direction: 'in' }, asDouble: 3 }] },
      },
      {
        name: 'test_lag_seconds',
        unit: 's',
        histogram: {
          dataPoints: [{ count: 4, sum: 103.2, bucketCounts: [2, 1, 1], explicitBounds: [1, 5] }],
        },
      },
    ]);
  });
});

function fail(): never {
  throw new Error('no such attribute');
}

/** Asks until the answer is yes: bounded by the test's time. */
async function until(ask: () => boolean): Promise<void> {
  while (!ask()) await new Promise((resolve) => setTimeout(resolve, 10));
}
