import { describe, expect, it } from 'vitest';
import { ExecutionArn } from '@stepcast/contracts';
import { MAX_FOLLOWED } from '../domain/stream-head.ts';
import {
  ARN,
  arnOf,
  balance,
  batchOf,
  BUCKET,
  createBench,
  eventsOf,
  objectCreated,
  offsetsOf,
  OTHER_IDENTITY,
  readCounter,
  stateOf,
} from '../testing/correlation-bench.ts';
import { records } from '../testing/records.ts';
import { kindsOf, SIMPLE_KINDS, simpleRun, watchedBy } from '../testing/situation.ts';

describe('a nested execution', () => {
  const child = arnOf('child-1');
  const parentRun = records(
    [1, 'ExecutionStarted', 0, { input: objectCreated() }],
    [2, 'TaskStateEntered', 0, { name: 'Nested' }],
    [3, 'TaskScheduled', 2],
    [4, 'TaskSubmitted', 3, { childExecutionArn: child }],
    [5, 'TaskSucceeded', 4, { childExecutionArn: child }],
    [6, 'TaskStateExited', 5, { name: 'Nested' }],
    [7, 'ExecutionSucceeded', 6],
  );
  const byInput = { input: JSON.stringify({ AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: ARN }) };

  it.each([
    ['by its input, after its parent', byInput, ['parent', 'child']],
    ['by its input, before its parent', byInput, ['child', 'parent']],
    ['by what its parent got back', { input: '{}' }, ['child', 'parent']],
    ['by what its parent got back, later', { inputMissing: 'excluded' as const }, ['parent', 'child']],
  ])("inherits the owner %s, and is part of the parent's stream", async (_name, details, order) => {
    const bench = createBench();
    for (const who of order) {
      if (who === 'child') await bench.correlation.correlate(batchOf(child, simpleRun(details)));
      else await bench.correlation.correlate(batchOf(ARN, parentRun));
      await bench.time.advance(0);
    }
    expect(kindsOf(bench, child)).toEqual(SIMPLE_KINDS);
    expect(offsetsOf(bench.ports)).toHaveLength(1);
    expect(stateOf(bench.ports)?.status).toBe('succeeded');
  });

  it('does not fail the upload by failing', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(ARN, parentRun.slice(0, 4)));
    const failed = [...simpleRun(byInput).slice(0, 3), ...records([4, 'ExecutionFailed', 3, { error: 'E' }])];
    await bench.correlation.correlate(batchOf(child, failed));
    expect(stateOf(bench.ports)).toMatchObject({ status: 'running', error: null });
    expect(stateOf(bench.ports)?.executions.map((one) => one.status)).toEqual(['running', 'failed']);
  });

  it('is adopted also when the process died between emitting what names it and adopting it', async () => {
    const bench = createBench();
    const { failures } = bench.ports;
    // The calls of a batch whose records are emitted: the last ones pass on, and then adopt.
    await bench.correlation.correlate(batchOf(ARN, parentRun.slice(0, 2)));
    let next = bench;
    for (let at = 1; at < 8; at += 1) {
      failures.failAt(at, 'before');
      await next.correlation.correlate(batchOf(ARN, parentRun.slice(2))).catch(() => {
        next = createBench({ ports: bench.ports });
      });
    }
    failures.clear();
    await next.correlation.correlate(batchOf(ARN, parentRun.slice(2)));
    await next.correlation.correlate(batchOf(child, simpleRun({ input: '{}' })));
    await next.time.advance(0);
    expect(kindsOf(next, child)).toEqual(SIMPLE_KINDS);
  });

  it('beyond those that a stream follows emits nothing and is not watched, and its records are counted', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(ARN, parentRun.slice(0, 2)));
    const children = Array.from({ length: MAX_FOLLOWED + 1 }, (_unused, index) => arnOf(`child-${index}`));
    for (const one of children)
      await bench.correlation.correlate(batchOf(one, simpleRun(byInput).slice(0, 3)));
    // The execution that started them is one of those that are followed.
    const [beyond, last] = [children.slice(MAX_FOLLOWED - 1), children[MAX_FOLLOWED - 2]];
    expect(beyond).toHaveLength(2);
    expect(beyond.flatMap((one) => kindsOf(bench, one))).toEqual([]);
    expect(kindsOf(bench, last)).toEqual(['executionStarted', 'stepStarted']);
    await bench.time.advance(60_000);
    const watched = await watchedBy(bench);
    expect(watched).toContain(last);
    expect(watched).not.toEqual(expect.arrayContaining([beyond[0]]));
    expect(await readCounter(bench.metrics, 'records_total', { outcome: 'ignored' })).toBe(6);
    const { in: put, accounted } = await balance(bench.metrics);
    expect(accounted).toBe(put);
  });

  it('that names an object of somebody else is quarantined', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(ARN, parentRun.slice(0, 3)));
    const theirs = {
      bucket: BUCKET,
      key: `users/${OTHER_IDENTITY}/x.png`,
      AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: ARN,
    };
    await bench.correlation.correlate(batchOf(child, simpleRun({ input: JSON.stringify(theirs) })));
    expect(eventsOf(bench.ports, child)).toEqual([]);
    expect(await readCounter(bench.metrics, 'records_total', { outcome: 'quarantined' })).toBe(6);
  });

  it('that came before the execution that started it is quarantined with it known, and counted once', async () => {
    const bench = createBench();
    const theirs = {
      bucket: BUCKET,
      key: `users/${OTHER_IDENTITY}/x.png`,
      AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: ARN,
    };
    await bench.correlation.correlate(batchOf(child, simpleRun({ input: JSON.stringify(theirs) })));
    await bench.correlation.correlate(batchOf(ARN, parentRun.slice(0, 3)));
    await bench.time.advance(10_000);
    await bench.correlation.correlate(batchOf(ARN, parentRun.slice(3)));
    await bench.time.advance(120_000);
    expect(eventsOf(bench.ports, child)).toEqual([]);
    expect((await bench.ports.executions.load(child)).assignment).toMatchObject({ kind: 'quarantined' });
    expect(await readCounter(bench.metrics, 'records_total', { outcome: 'quarantined' })).toBe(6);
  });
});

describe('children of a distributed Map', () => {
  it('are ignored and counted: their Map Run says how many there are', async () => {
    const bench = createBench();
    const child = ExecutionArn.parse(ARN.replace(':ProgressPipeline:', ':ProgressPipeline/Tiles:'));
    await bench.correlation.correlate(batchOf(child, simpleRun()));
    expect(bench.ports.journal.all()).toEqual([]);
    expect(await readCounter(bench.metrics, 'records_total', { outcome: 'ignored' })).toBe(6);
  });
});
