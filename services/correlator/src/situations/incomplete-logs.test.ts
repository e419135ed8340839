import { describe, expect, it } from 'vitest';
import { settle } from '@stepcast/kit/testing';
import {
  ARN,
  arnOf,
  balance,
  batchOf,
  createBench,
  eventsOf,
  expressArnOf,
  MACHINE_ARN,
  objectCreated,
  readCounter,
  stateOf,
} from '../testing/correlation-bench.ts';
import { HISTORY_START_MS, records } from '../testing/records.ts';
import { kindsOf, SIMPLE_KINDS, simpleRun, status, upload, watchedBy } from '../testing/situation.ts';

describe('gaps', () => {
  it('of an Express execution are declared after ten seconds, and a record that comes later and adds nothing is counted', async () => {
    const bench = createBench();
    const express = expressArnOf('up-1');
    const run = simpleRun();
    await bench.correlation.correlate(batchOf(express, [...run.slice(0, 2), ...run.slice(4)]));
    await bench.time.advance(9_999);
    expect(kindsOf(bench, express)).toEqual(['executionStarted', 'stepStarted']);
    await bench.time.advance(1);
    const events = eventsOf(bench.ports, express);
    expect(events.map((event) => event.kind)).toEqual([
      'executionStarted',
      'stepStarted',
      'gapDeclared',
      'stepSucceeded',
      'executionSucceeded',
    ]);
    expect(events[2]?.gap).toEqual({ firstEventId: 3, lastEventId: 4, reason: 'expressHasNoHistory' });
    await bench.correlation.correlate(batchOf(express, run.slice(2, 4)));
    expect(kindsOf(bench, express)).toHaveLength(5);
    expect(await readCounter(bench.metrics, 'records_total', { outcome: 'ignored' })).toBe(2);
    expect(await readCounter(bench.metrics, 'gaps_declared_total')).toBe(1);
    expect(await balance(bench.metrics)).toEqual({ in: 6, accounted: 6 });
  });

  it('are no gaps at level ERROR: what comes in is emitted at once, and the status event ends the execution', async () => {
    const bench = createBench();
    bench.ports.directory.machines.set(MACHINE_ARN, { machine: undefined, logLevel: 'ERROR' });
    await status(bench, { status: 'RUNNING', input: objectCreated() });
    await bench.time.advance(0);
    await bench.correlation.correlate(batchOf(ARN, records([7, 'TaskFailed', 6, { error: 'E' }])));
    expect(kindsOf(bench)).toEqual(['executionStarted', 'stepFailed']);
    await bench.correlation.correlate(batchOf(ARN, records([7, 'TaskFailed', 6, { error: 'E' }])));
    await status(bench, { status: 'SUCCEEDED', stopDate: HISTORY_START_MS + 900 });
    expect(kindsOf(bench)).toEqual(['executionStarted', 'stepFailed', 'executionSucceeded']);
    expect(bench.ports.directory.asked.filter((asked) => asked.startsWith('history'))).toEqual([]);
    expect(await balance(bench.metrics)).toEqual({ in: 2, accounted: 2 });
  });

  it('are declared when Step Functions refuses the history for good: the stream waited for as long as it was watched', async () => {
    const bench = createBench();
    const run = simpleRun();
    bench.ports.directory.history = () => Promise.resolve({ refused: 'ValidationException' });
    await bench.correlation.correlate(batchOf(ARN, [...run.slice(0, 2), ...run.slice(3)]));
    await bench.time.advance(10_000);
    expect(kindsOf(bench)).toContain('executionSucceeded');
    const gaps = eventsOf(bench.ports, ARN).flatMap((event) => event.gap ?? []);
    expect(gaps).toEqual([{ firstEventId: 3, lastEventId: 3, reason: 'historyRefused' }]);
  });

  it('are repaired by the sweep after the process that waited has died', async () => {
    const bench = createBench();
    const run = simpleRun();
    bench.ports.directory.histories.set(ARN, run);
    await bench.correlation.correlate(batchOf(ARN, [...run.slice(0, 2), ...run.slice(4)]));
    const next = createBench({ ports: bench.ports });
    await next.correlation.sweep();
    await next.time.advance(1_000);
    expect(kindsOf(next)).toEqual(SIMPLE_KINDS);
    expect(await readCounter(next.metrics, 'records_repaired_total')).toBe(2);
  });
});

describe('an end that a process publishes soon after its start', () => {
  it('is passed on again with its state by the next one: the retained state of two killed in a row stayed at running', async () => {
    const bench = createBench({ keepEndedMs: 165_000 });
    await bench.correlation.correlate(batchOf(ARN, simpleRun()));
    await bench.time.advance(100_000);
    expect(await watchedBy(bench)).toEqual([ARN]);
    const before = bench.ports.outbox.sent.length;
    const next = createBench({ ports: bench.ports, keepEndedMs: 165_000 });
    await next.correlation.sweep();
    const again = bench.ports.outbox.sent.slice(before);
    expect(again.map(({ line, state }) => [line.status, state !== undefined])).toEqual([['succeeded', true]]);
    await next.time.advance(165_000);
    await next.correlation.sweep();
    await next.time.advance(60_000);
    expect(await watchedBy(next)).toEqual([]);
    expect(bench.ports.outbox.sent.slice(before)).toHaveLength(1);
  });
});

describe('status events', () => {
  it('alone start and end an execution whose logs never come, and its history fills in the steps', async () => {
    const bench = createBench();
    bench.ports.directory.histories.set(ARN, simpleRun());
    await status(bench, { status: 'RUNNING', input: objectCreated() });
    expect(kindsOf(bench)).toEqual(['executionStarted']);
    await status(bench, { status: 'SUCCEEDED', stopDate: HISTORY_START_MS + 6 });
    await bench.time.advance(1_000);
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
  });

  it('are believed when there is no history either', async () => {
    const bench = createBench();
    await status(bench, {
      status: 'FAILED',
      stopDate: HISTORY_START_MS + 6,
      input: objectCreated(),
      error: 'E',
      cause: 'why\nstack',
    });
    await bench.time.advance(1_000);
    expect(kindsOf(bench)).toEqual(['executionStarted', 'executionFailed']);
    expect(stateOf(bench.ports)).toMatchObject({ status: 'failed', error: { name: 'E', message: 'why' } });
  });

  it('say nothing again that records have said', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(ARN, simpleRun()));
    await status(bench, { status: 'RUNNING', input: objectCreated() });
    await status(bench, { status: 'SUCCEEDED', stopDate: HISTORY_START_MS + 6 });
    await bench.time.advance(10_000);
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
  });
});

describe('an execution whose start no status event reports', () => {
  const run = simpleRun();
  const end = { status: 'SUCCEEDED', stopDate: HISTORY_START_MS + 6, input: objectCreated() };

  it.each([
    ['after its log events', [0, 6, 6]],
    ['between its log events', [0, 4, 6]],
    ['before its log events', [0, 0, 6]],
  ] as const)('is followed from its log events when its end comes %s', async (_when, [from, at, to]) => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(ARN, run.slice(from, at)));
    const taken = status(bench, end);
    await bench.time.advance(0);
    await bench.correlation.correlate(batchOf(ARN, run.slice(at, to)));
    await bench.time.advance(10_000);
    await taken;
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(await watchedBy(bench)).toEqual([]);
  });

  it('has its owner from the end where the log event with the input is lost, and its steps from the history', async () => {
    const bench = createBench();
    bench.ports.directory.histories.set(ARN, run);
    await bench.correlation.correlate(batchOf(ARN, run.slice(1)));
    expect(kindsOf(bench)).toEqual([]);
    await status(bench, end);
    await bench.time.advance(1_000);
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
  });

  it('is emitted from its start when Stepcast started it', async () => {
    const bench = createBench({ managed: true });
    await upload(bench, objectCreated());
    const [name = ''] = [...bench.starter.started.keys()];
    await bench.correlation.correlate(batchOf(arnOf(name), simpleRun({ inputMissing: 'excluded' })));
    expect(kindsOf(bench, arnOf(name))).toEqual(SIMPLE_KINDS);
  });
});

describe('the sweep', () => {
  it('asks again at the next sweep where asking failed: for two minutes it did not, and readiness forgot the failure', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(ARN, simpleRun().slice(0, 2)));
    await bench.time.advance(10 * 60_000);
    const { directory } = bench.ports;
    let asked = 0;
    directory.history = () => {
      asked += 1;
      return Promise.reject(new Error('denied'));
    };
    for (let sweeps = 0; sweeps < 3; sweeps += 1) {
      await bench.correlation.sweep();
      await bench.time.advance(30_000);
    }
    expect(asked).toBe(3);
  });

  it('comes on with each execution it visits: one over 3,600 quiet executions lasted longer than readiness allowed', async () => {
    const bench = createBench();
    for (const name of ['one', 'other'])
      await bench.correlation.correlate(batchOf(arnOf(name), simpleRun().slice(0, 2)));
    await bench.time.advance(10 * 60_000);
    const gate = Promise.withResolvers<void>();
    const { directory } = bench.ports;
    const describeNow = directory.describe.bind(directory);
    directory.describe = async (executionArn) => {
      if (executionArn === arnOf('other')) await gate.promise;
      return describeNow(executionArn);
    };
    expect(bench.correlation.lastSweptMs()).toBeUndefined();
    const swept = bench.correlation.sweep();
    await settle();
    expect(bench.correlation.lastSweptMs()).toBe(bench.time.nowMs());
    gate.resolve();
    await swept;
  });

  it('finds the end of an execution that has gone quiet, and counts that nothing else did', async () => {
    const bench = createBench();
    const run = simpleRun();
    bench.ports.directory.histories.set(ARN, run);
    await bench.correlation.correlate(batchOf(ARN, run.slice(0, 2)));
    await bench.correlation.sweep();
    expect(kindsOf(bench)).toEqual(['executionStarted', 'stepStarted']);
    await bench.time.advance(151_000);
    await bench.correlation.sweep();
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(await readCounter(bench.metrics, 'backstop_total', { what: 'quiet' })).toBe(1);
    await bench.time.advance(5_000);
    expect(await watchedBy(bench)).toEqual([]);
  });
});
