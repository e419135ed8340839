import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRealBroker, type TestBroker } from '../support/broker.ts';
import { fairnessFigure, measureFairness } from './fairness.ts';
import { reportFigure } from '../support/figures.ts';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startRealBroker();
});
afterAll(async () => {
  await broker.close();
});

describe('one identity at 50 times the load of each of ten others', () => {
  it('is heard in full, and so is everybody beside it', async () => {
    const report = await measureFairness({
      brokerUrl: broker.url,
      rounds: 1,
      seconds: 2,
      publishesPerSecond: Infinity,
      maxConnections: 1,
    });
    // How much later is asserted in the publisher's own test, under a clock of its own; here it depends on the machine.
    reportFigure(
      'one identity at 50 times the load, broker without quotas',
      `${fairnessFigure(report)}; ${report.loudEvents} log events of the one, ` +
        `${report.quietEvents.toFixed(0)} of each other in the same time`,
    );
    expect(report.loudEvents).toBeGreaterThan(40 * report.quietEvents);
    for (const latencies of [...report.alone, ...report.beside]) {
      expect(latencies.length).toBeGreaterThan(0);
      expect(latencies.filter((one) => !Number.isFinite(one))).toEqual([]);
    }
  });
});
