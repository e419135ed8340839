import { beforeEach, describe, expect, it } from 'vitest';
import { createMetrics, silentLogger, type Metrics } from '@stepcast/kit';
import { ManualTime, settle } from '@stepcast/kit/testing';
import { arnOf, readCounter } from '../testing/correlation-bench.ts';
import { createCorrelatorMetrics } from './correlator-metrics.ts';
import type { Reported } from './find-reported.ts';
import { MAX_WAITING_REPORTS, Reports } from './take-reports.ts';

describe('reports in hand', () => {
  let lookups: PromiseWithResolvers<Reported>[];
  let settled: PromiseWithResolvers<void>;
  let time: ManualTime;
  let metrics: Metrics;
  let reports: Reports;

  beforeEach(() => {
    lookups = [];
    settled = Promise.withResolvers();
    time = new ManualTime();
    metrics = createMetrics('test_');
    reports = new Reports({
      find() {
        const lookup = Promise.withResolvers<Reported>();
        lookups.push(lookup);
        return lookup.promise;
      },
      executions: {
        report: (_executionArn, all) =>
          Promise.resolve({
            outcomes: all.map((report) => ({ report, became: 'applied' })),
            settled: settled.promise,
          }),
      },
      metrics: createCorrelatorMetrics(metrics),
      clock: time,
      timers: time,
      logger: silentLogger,
      waitMs: 10_000,
      intervalMs: 1_000,
    });
  });

  /** One report for each of so many executions. @returns when each is done with */
  const takeMany = (count: number, prefix: string) =>
    Array.from({ length: count }, (_unused, index) =>
      reports.take({
        target: { executionArn: arnOf(`${prefix}-${index}`) },
        reports: [{ id: String(index), atMs: 0, percent: 1 }],
      }),
    );
  const crowded = () => readCounter(metrics, 'reports_total', { outcome: 'crowded' });

  it('count while they are looked up: a store that did not answer once had 40,000 reads under way', async () => {
    const all = Promise.allSettled(takeMany(40_000, 'a'));
    await settle();
    expect(lookups).toHaveLength(MAX_WAITING_REPORTS);
    expect(await crowded()).toBe(40_000 - MAX_WAITING_REPORTS);
    for (const { reject } of lookups) reject(new Error('the store is away'));
    await all;
    void Promise.allSettled(takeMany(1, 'b'));
    await settle();
    expect(lookups).toHaveLength(MAX_WAITING_REPORTS + 1);
  });

  it('count until what follows from them is settled', async () => {
    const all = takeMany(MAX_WAITING_REPORTS, 'a');
    for (const [index, { resolve }] of lookups.entries()) resolve(arnOf(`a-${index}`));
    await settle();
    await Promise.all(takeMany(1, 'b'));
    expect(await crowded()).toBe(1);
    settled.resolve();
    await Promise.all(all);
    void Promise.allSettled(takeMany(1, 'c'));
    await settle();
    expect([lookups.length, await crowded()]).toEqual([MAX_WAITING_REPORTS + 1, 1]);
  });

  it('count once while they wait for their step, and no more when their time is over', async () => {
    const all = takeMany(MAX_WAITING_REPORTS, 'a');
    let answered = 0;
    const answer = async () => {
      for (; answered < lookups.length; answered += 1) lookups[answered]?.resolve('early');
      await settle();
    };
    await answer();
    await Promise.all(takeMany(1, 'b'));
    expect(await crowded()).toBe(1);
    for (let second = 0; second < 13; second += 1) {
      await time.advance(1_000);
      await answer();
    }
    await Promise.all(all);
    void Promise.allSettled(takeMany(MAX_WAITING_REPORTS, 'c'));
    await settle();
    expect(await crowded()).toBe(1);
  });
});
