import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { HealthReport } from '../health/health-checks.ts';
import { silentLogger, type Logger } from '../logger.ts';
import { createMetrics, LAG_BUCKETS, type Metrics } from '../metrics.ts';
import { datapointsOf, ManualTime } from '../testing.ts';
import type { PublishedMetric, PublishedMetrics } from './emf-document.ts';
import { createMetricsLog, type MetricsLog } from './metrics-log.ts';

const PUBLISHED: readonly PublishedMetric[] = [
  { name: 'Lag', unit: 'Seconds', from: [{ metric: 'test_lag_seconds' }] },
  {
    name: 'Waiting',
    unit: 'Count',
    from: [
      { metric: 'test_moves_total', labels: { direction: 'in' } },
      { metric: 'test_moves_total', labels: { direction: 'out' }, sign: -1 },
    ],
  },
];

interface World {
  readonly time: ManualTime;
  readonly metrics: Metrics;
  readonly lines: string[];
  readonly log: MetricsLog;
}

function world(options: {
  readonly publish?: PublishedMetrics;
  readonly ready?: () => Promise<HealthReport>;
  readonly logger?: Logger;
  readonly write?: (line: string) => void;
}): World {
  const time = new ManualTime();
  const metrics = createMetrics('test_');
  const lines: string[] = [];
  const log = createMetricsLog({
    namespace: 'Test',
    dimensions: { Deployment: 'here' },
    service: 'tested',
    publish: options.publish ?? 'essential',
    published: PUBLISHED,
    metrics: [metrics],
    clock: time,
    timers: time,
    logger: options.logger ?? silentLogger,
    ...(options.ready === undefined ? {} : { health: { ready: options.ready } }),
    write: options.write ?? ((line) => lines.push(line)),
  });
  return { time, metrics, lines, log };
}

describe('the log of metrics', () => {
  let tested: World;

  beforeEach(() => {
    tested = world({});
  });

  afterEach(() => tested.log.stop());

  it('writes nothing of a minute in which nothing is counted', async () => {
    tested.metrics.counter('moves_total', 'Moves', ['direction']);
    tested.metrics.histogram('lag_seconds', 'Lag', LAG_BUCKETS);
    tested.log.start();
    await tested.time.advance(600_000);
    expect(tested.lines.flatMap(datapointsOf).map(({ metricName }) => metricName)).toEqual(['Started']);
  });

  it('writes one line a minute of what grew meanwhile, with few of it as metrics and all of it to be searched', async () => {
    const { metrics, log, time, lines } = tested;
    const moves = metrics.counter('moves_total', 'Moves', ['direction']);
    const other = metrics.counter('others_total', 'Others').bound();
    log.start();
    await time.advance(1);
    lines.length = 0;
    moves.add({ direction: 'in' }, 5);
    moves.add({ direction: 'out' }, 2);
    other(7);
    await time.advance(60_000);
    moves.add({ direction: 'out' }, 3);
    await time.advance(120_000);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        _aws: {
          Timestamp: time.nowMs() - 120_001,
          CloudWatchMetrics: [
            {
              Namespace: 'Test',
              Dimensions: [['Deployment']],
              Metrics: [{ Name: 'Waiting', Unit: 'Count' }],
            },
          ],
        },
        Deployment: 'here',
        service: 'tested',
        Waiting: 3,
        counters: { 'moves.in': 5, 'moves.out': 2, others: 7 },
      },
      expect.objectContaining({ Waiting: -3, counters: { 'moves.out': 3 } }),
    ]);
  });

  it('has no metric of what is not published, and says it all the same', async () => {
    const { metrics, log, lines } = tested;
    metrics.counter('others_total', 'Others').add();
    await log.flush();
    expect(lines).toEqual(['{"Deployment":"here","service":"tested","counters":{"others":1}}']);
    expect(lines.flatMap(datapointsOf)).toEqual([]);
  });

  it('makes a metric of everything where it is asked to', async () => {
    const { metrics, log, lines } = world({ publish: 'all' });
    metrics.counter('others_total', 'Others', ['outcome']).add({ outcome: 'done' }, 2);
    metrics.histogram('size_bytes', 'Sizes', [10, 100]).observe(7);
    await log.flush();
    const points = lines.flatMap(datapointsOf).map(({ metricName, values }) => [metricName, values]);
    expect(points).toEqual([
      ['others.done', [2]],
      ['size_bytes', [10]],
    ]);
  });

  it('puts no more than a hundred metrics into a line', async () => {
    const { metrics, log, lines } = world({ publish: 'all' });
    for (let index = 0; index < 150; index += 1) metrics.counter(`c${index}_total`, 'One of many').add();
    await log.flush();
    expect(lines).toHaveLength(2);
    expect(lines.flatMap(datapointsOf)).toHaveLength(150);
  });

  it('has each observation once, as the bound above it, however they fall into minutes', async () => {
    const seconds = fc.double({ min: 0, max: 1_000, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(seconds, { maxLength: 20 }), { maxLength: 8 }), async (minutes) => {
        const { metrics, log, lines } = world({});
        const lag = metrics.histogram('lag_seconds', 'Lag', LAG_BUCKETS);
        for (const observed of minutes) {
          for (const one of observed) lag.observe(one);
          await log.flush();
        }
        const seen = lines
          .flatMap(datapointsOf)
          .flatMap(({ values, counts }) =>
            values.flatMap((value, index) => Array<number>(counts[index] ?? 0).fill(value)),
          );
        const highest = LAG_BUCKETS.at(-1) ?? 0;
        const expected = minutes.flat().map((one) => LAG_BUCKETS.find((bound) => bound >= one) ?? highest);
        const inOrder = (numbers: readonly number[]) => numbers.toSorted((one, other) => one - other);
        expect(inOrder(seen)).toEqual(inOrder(expected));
        expect(lines).toHaveLength(minutes.filter((observed) => observed.length > 0).length);
      }),
    );
  });

  it('writes what was counted up to the stop, and nothing afterwards', async () => {
    const { metrics, log, time, lines } = tested;
    const others = metrics.counter('others_total', 'Others');
    log.start();
    await time.advance(1);
    others.add();
    await log.stop();
    expect(lines).toHaveLength(2);
    others.add();
    await time.advance(600_000);
    expect(lines).toHaveLength(2);
    expect(time.pending).toBe(0);
  });

  it('counts each minute at whose end the service is not ready, but not that it stops', async () => {
    let ok = true;
    const { log, time, lines } = world({ ready: () => Promise.resolve({ ok, checks: {} }) });
    log.start();
    await time.advance(60_000);
    ok = false;
    await time.advance(120_000);
    await log.stop();
    const points = lines.flatMap(datapointsOf);
    expect(points.map(({ metricName }) => metricName)).toEqual(['Started', 'NotReady', 'NotReady']);
  });

  it('says so when a line cannot be written, and has its counts in the next one', async () => {
    const failures: string[] = [];
    const lines: string[] = [];
    let isBroken = true;
    const { metrics, log } = world({
      logger: { ...silentLogger, error: (_fields, message) => failures.push(message) },
      write(line) {
        if (isBroken) throw new Error('standard output is closed');
        lines.push(line);
      },
    });
    const others = metrics.counter('others_total', 'Others');
    others.add();
    await log.flush();
    isBroken = false;
    others.add();
    await log.flush();
    expect(failures).toEqual(['metrics not written']);
    expect(lines).toEqual([expect.stringContaining('"counters":{"others":2}')]);
  });
});
