import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRealBroker, type TestBroker } from '../support/broker.ts';
import { fairnessFigure, measureFairness, p99Of } from './fairness.ts';
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
  it.each([
    ['broker without quotas', { rounds: 9, seconds: 5, publishesPerSecond: Infinity, maxConnections: 1 }],
    [
      'connections of 100 publishes a second',
      { rounds: 9, seconds: 10, publishesPerSecond: 100, maxConnections: 10 },
    ],
  ])(
    'does not more than double the p99 of the others: %s',
    async (where, load) => {
      const report = await measureFairness({ brokerUrl: broker.url, ...load });
      reportFigure(
        `one identity at 50 times the load, ${where}, nothing else running`,
        fairnessFigure(report),
      );
      const { alone, beside } = p99Of(report);
      expect(beside).toBeLessThanOrEqual(2 * Math.max(alone, GRAIN_MS));
    },
    1_200_000,
  );
});
