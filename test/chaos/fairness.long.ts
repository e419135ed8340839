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

/**
 * A few milliseconds alone may double by nothing but a pause of the garbage collector, or somebody else's process on this
 * machine: what the others have alone counts as so many milliseconds at least.
 */
const GRAIN_MS = 10;

describe('one identity at 50 times the load of each of ten others', () => {
  it.each([
    ['broker without quotas', { rounds: 9, seconds: 5, publishesPerSecond: Infinity, maxConnections: 1 }],
    [
      'connections of 100 publishes a second',
      { rounds: 9, seconds: 10, publishesPerSecond: 100, maxConnections: 10 },
    ],
  ])(
    `keeps the p99 of the others within ${2 * GRAIN_MS} ms, or within twice what they have alone where that is more: %s`,
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
