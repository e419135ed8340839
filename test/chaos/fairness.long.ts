import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { median } from '../support/bench-report.ts';
import { startRealBroker, type TestBroker } from '../support/broker.ts';
import { measureFairness, p99 } from '../support/chaos-fairness.ts';
import { reportFigure } from '../support/figures.ts';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startRealBroker();
}, 70_000);
afterAll(async () => {
  await broker.close();
});

/** What a pause of the garbage collector or somebody else's process on this machine may cost, in milliseconds. */
const GRAIN_MS = 10;

describe('one identity at 50 times the load of each of ten others', () => {
  it('does not more than double the p99 of the others', async () => {
    const report = await measureFairness({
      brokerUrl: broker.url,
      rounds: 9,
      seconds: 5,
      publishesPerSecond: Infinity,
      maxConnections: 1,
    });
    const alone = median(report.alone.map(p99));
    const beside = median(report.beside.map(p99));
    reportFigure(
      'one identity at 50 times the load, broker without quotas, nothing else running',
      `p99 of the others ${alone.toFixed(1)} ms alone, ${beside.toFixed(1)} ms beside it ` +
        `(${(beside / alone).toFixed(2)}x; medians of 9 rounds in turns)`,
    );
    expect(beside).toBeLessThanOrEqual(2 * Math.max(alone, GRAIN_MS));
  }, 300_000);

  it('leaves the others served when connections are at the limits of IoT Core', async () => {
    const report = await measureFairness({
      brokerUrl: broker.url,
      rounds: 5,
      seconds: 10,
      publishesPerSecond: 100,
      maxConnections: 10,
    });
    const alone = median(report.alone.map(p99));
    const beside = median(report.beside.map(p99));
    reportFigure(
      'one identity at 50 times the load, connections of 100 publishes a second',
      `p99 of the others ${alone.toFixed(1)} ms alone, ${beside.toFixed(1)} ms beside it ` +
        `(${(beside / alone).toFixed(2)}x; medians of 5 rounds in turns)`,
    );
    // Nobody is starved: without turns the backlog of the one would be seconds deep before them.
    expect(beside).toBeLessThanOrEqual(1_000);
  }, 1_200_000);
});
