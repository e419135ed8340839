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

async function measure(publishesPerSecond: number, maxConnections: number, rounds: number) {
  const report = await measureFairness({
    brokerUrl: broker.url,
    rounds,
    seconds: 2,
    publishesPerSecond,
    maxConnections,
  });
  const alone = median(report.alone.map(p99));
  const beside = median(report.beside.map(p99));
  const said =
    `p99 of the others ${alone.toFixed(1)} ms alone, ${beside.toFixed(1)} ms beside it ` +
    `(${(beside / alone).toFixed(2)}x; medians of ${rounds} rounds in turns); ` +
    `${report.loudEvents} log events of the one, ${report.quietEvents.toFixed(0)} of each other in the same time`;
  return { alone, beside, said };
}

describe('one identity at 50 times the load of each of ten others', () => {
  it('does not more than double the p99 of the others', async () => {
    const { alone, beside, said } = await measure(Infinity, 1, 3);
    reportFigure('one identity at 50 times the load, broker without quotas', said);
    expect(beside).toBeLessThanOrEqual(2 * Math.max(alone, GRAIN_MS));
  }, 60_000);
});
