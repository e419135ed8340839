import { describe, expect, it } from 'vitest';
import { ARN, batchOf, createBench, stateOf } from '../testing/correlation-bench.ts';
import { HISTORY_START_MS, records } from '../testing/records.ts';
import { kindsOf, simpleRun, status, watchedBy } from '../testing/situation.ts';

describe('a redrive', () => {
  it('after the end has the execution run, and be watched, again', async () => {
    const bench = createBench();
    const watched = async () => {
      await bench.time.advance(5_000);
      return (await watchedBy(bench)).length;
    };
    const run = simpleRun().slice(0, 3);
    await bench.correlation.correlate(
      batchOf(ARN, [
        ...run,
        ...records([4, 'TaskFailed', 3, { error: 'E' }], [5, 'ExecutionFailed', 4, { error: 'E' }]),
      ]),
    );
    expect([stateOf(bench.ports)?.status, await watched()]).toEqual(['failed', 0]);
    await bench.correlation.correlate(
      batchOf(ARN, records([6, 'ExecutionRedriven', 5, { redriveCount: 1 }])),
    );
    expect([stateOf(bench.ports)?.status, stateOf(bench.ports)?.error, await watched()]).toEqual([
      'running',
      null,
      1,
    ]);
    await status(bench, { status: 'RUNNING', redriveCount: 1, redriveDate: HISTORY_START_MS + 6 });
    await bench.correlation.correlate(
      batchOf(
        ARN,
        records(
          [7, 'TaskScheduled', 6],
          [8, 'TaskSucceeded', 7],
          [9, 'TaskStateExited', 8, { name: 'Extract' }],
          [10, 'ExecutionSucceeded', 9],
        ),
      ),
    );
    expect([stateOf(bench.ports)?.status, await watched()]).toEqual(['succeeded', 0]);
    expect(kindsOf(bench)).toEqual([
      'executionStarted',
      'stepStarted',
      'stepFailed',
      'executionFailed',
      'executionRedriven',
      'stepRetried',
      'stepSucceeded',
      'executionSucceeded',
    ]);
    expect(stateOf(bench.ports)?.executions).toEqual([
      expect.objectContaining({ redriveCount: 1, status: 'succeeded' }),
    ]);
  });
});
