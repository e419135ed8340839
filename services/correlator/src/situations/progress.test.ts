import { describe, expect, it } from 'vitest';
import {
  ARN,
  batchOf,
  createBench,
  eventsOf,
  MACHINE_ARN,
  objectCreated,
  stateOf,
} from '../testing/correlation-bench.ts';
import { records } from '../testing/records.ts';
import { simpleRun } from '../testing/situation.ts';

describe('progress', () => {
  const definition = {
    startAt: 'Extract',
    states: new Map([
      ['Extract', { type: 'Task' as const, next: ['Store'], inner: [] }],
      ['Store', { type: 'Task' as const, next: [], inner: [] }],
    ]),
  };

  it('is measured by the definition, and by what earlier runs took', async () => {
    const bench = createBench();
    bench.ports.directory.machines.set(MACHINE_ARN, { machine: definition, logLevel: 'ALL' });
    await bench.ports.machines.saveDurations(
      MACHINE_ARN,
      new Map([
        ['Extract', 3_000],
        ['Store', 9_000],
      ]),
    );
    await bench.correlation.correlate(batchOf(ARN, simpleRun().slice(0, 1)));
    expect(stateOf(bench.ports)?.percent).toBeNull();
    await bench.time.advance(0);
    await bench.correlation.correlate(batchOf(ARN, simpleRun().slice(1, 5)));
    expect(stateOf(bench.ports)).toMatchObject({ percent: 25, etaSeconds: 9 });
  });

  it('of a distributed Map comes from its Map Run', async () => {
    const bench = createBench();
    const mapRunArn = 'arn:aws:states:us-east-1:111122223333:mapRun:ProgressPipeline/Tiles:0b6f1e2d';
    bench.ports.directory.mapRuns.set(mapRunArn, { total: 10, started: 6, succeeded: 4, failed: 1 });
    const run = records(
      [1, 'ExecutionStarted', 0, { input: objectCreated() }],
      [2, 'MapStateEntered', 0, { name: 'Tiles' }],
      [3, 'MapStateStarted', 2, { length: 0 }],
      [4, 'MapRunStarted', 3, { mapRunArn }],
    );
    for (const record of run) await bench.correlation.correlate(batchOf(ARN, [record]));
    await bench.time.advance(5_000);
    const progressed = eventsOf(bench.ports, ARN).filter((event) => event.kind === 'iterationsProgressed');
    expect(progressed.map((event) => event.iterations)).toEqual([
      { total: null, started: 0, succeeded: 0, failed: 0 },
      { total: 10, started: 6, succeeded: 4, failed: 1 },
    ]);
    await bench.correlation.stop();
  });
});
