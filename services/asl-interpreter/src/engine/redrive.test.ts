import { describe, expect, it } from 'vitest';
import { chain, functionArn, sandbox } from '../testing/harness.ts';

const task = (name: string, fields: object = {}) => ({
  Type: 'Task',
  Resource: functionArn(name),
  End: true,
  ...fields,
});
const inner = (name: string, state: object) => ({ StartAt: name, States: { [name]: state } });
const pass = { Type: 'Pass', End: true };

/** Fails until it was called so often. */
function failing(times: number) {
  let calls = 0;
  return () => {
    calls += 1;
    if (calls <= times) throw new Error(`failure ${calls}`);
    return { calls };
  };
}

describe('a redrive', () => {
  it('goes on at the task that failed, with its input, and does not repeat what succeeded', async () => {
    const called: unknown[] = [];
    const flaky = failing(1);
    const one = sandbox({ a: (input) => (called.push(input), { a: 1 }), b: flaky });
    const definition = {
      StartAt: 'A',
      States: { A: task('a', { End: undefined, Next: 'B' }), B: task('b') },
    };
    const first = await one.run(definition, { x: 1 });
    expect(first.status).toBe('FAILED');
    const failedAt = first.events.length;
    const second = await one.redrive(first.executionArn);
    expect(second).toMatchObject({ status: 'SUCCEEDED', output: { calls: 2 } });
    expect(called).toEqual([{ x: 1 }]);
    expect(chain(second.events).slice(failedAt - 1)).toEqual([
      '11 ExecutionFailed<-10',
      '12 ExecutionRedriven<-11',
      '13 LambdaFunctionScheduled<-12',
      '14 LambdaFunctionStarted<-13',
      '15 LambdaFunctionSucceeded<-14',
      '16 TaskStateExited<-15',
      '17 ExecutionSucceeded<-16',
    ]);
    expect(second.events[failedAt]?.details).toEqual({ redriveCount: 1 });
    expect(one.statuses.map(({ status, redriveCount }) => [status, redriveCount])).toEqual([
      ['RUNNING', 0],
      ['FAILED', 0],
      ['RUNNING', 1],
      ['SUCCEEDED', 1],
    ]);
  });

  it('gives a task all its retries again', async () => {
    const one = sandbox({ a: failing(5) });
    const retry = { Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 2 }] };
    const first = await one.run(inner('A', task('a', retry)));
    const second = await one.redrive(first.executionArn);
    expect(second).toMatchObject({ status: 'SUCCEEDED', output: { calls: 6 } });
  });

  it('may be needed more than once', async () => {
    const one = sandbox({ a: failing(2) });
    const { executionArn } = await one.run(inner('A', task('a')));
    expect((await one.redrive(executionArn)).status).toBe('FAILED');
    const third = await one.redrive(executionArn);
    expect(third.status).toBe('SUCCEEDED');
    expect(
      third.events.filter(({ type }) => type === 'ExecutionRedriven').map(({ details }) => details),
    ).toEqual([{ redriveCount: 1 }, { redriveCount: 2 }]);
    await expect(one.redrive(executionArn)).rejects.toThrow('Execution is SUCCEEDED and cannot be redriven');
  });

  it('enters a Fail again', async () => {
    const one = sandbox();
    const { executionArn } = await one.run(inner('F', { Type: 'Fail', Error: 'E' }));
    const second = await one.redrive(executionArn);
    expect(chain(second.events).slice(3)).toEqual([
      '4 ExecutionRedriven<-3',
      '5 FailStateEntered<-4',
      '6 ExecutionFailed<-5',
    ]);
  });

  it('runs only the branches of a Parallel again that did not succeed', async () => {
    const calls: string[] = [];
    const flaky = failing(1);
    const one = sandbox({
      good: () => (calls.push('good'), 1),
      flaky: async () => {
        calls.push('flaky');
        await Promise.resolve();
        await Promise.resolve();
        return flaky();
      },
    });
    const definition = inner('P', {
      Type: 'Parallel',
      Branches: [inner('G', task('good')), inner('B', task('flaky'))],
      End: true,
    });
    const first = await one.run(definition);
    expect(first.status).toBe('FAILED');
    const second = await one.redrive(first.executionArn);
    expect(second).toMatchObject({ status: 'SUCCEEDED', output: [1, { calls: 2 }] });
    expect(calls.filter((name) => name === 'flaky')).toHaveLength(2);
    expect(second.events.filter(({ type }) => type === 'ParallelStateStarted')).toHaveLength(1);
    expect(second.events.filter(({ type }) => type === 'ParallelStateExited')).toHaveLength(1);
  });

  it('runs only the iterations of a Map again that did not succeed', async () => {
    const seen: unknown[] = [];
    let isBroken = true;
    const one = sandbox({
      f: (item) => {
        seen.push(item);
        if (item === 2 && isBroken) throw new Error('two');
        return item;
      },
    });
    const map = { Type: 'Map', MaxConcurrency: 1, ItemProcessor: inner('I', task('f')), End: true };
    const first = await one.run(inner('M', map), [1, 2, 3]);
    expect(first.status).toBe('FAILED');
    isBroken = false;
    const second = await one.redrive(first.executionArn);
    expect(second).toMatchObject({ status: 'SUCCEEDED', output: [1, 2, 3] });
    expect(seen).toEqual([1, 2, 2, 3]);
  });

  it('keeps variables', async () => {
    const one = sandbox({ a: failing(1) });
    const definition = {
      StartAt: 'V',
      States: {
        V: { Type: 'Pass', Assign: { x: 5 }, Next: 'A' },
        A: task('a', { End: undefined, Next: 'R' }),
        R: { ...pass, Parameters: { 'x.$': '$x' } },
      },
    };
    const first = await one.run(definition);
    expect(await one.redrive(first.executionArn)).toMatchObject({ status: 'SUCCEEDED', output: { x: 5 } });
  });

  it('goes on with an execution that was stopped, and one that timed out', async () => {
    const one = sandbox();
    const wait = inner('W', { Type: 'Wait', Seconds: 60, End: true });
    const stopped = one.start(wait, {});
    await one.time.advance(1_000);
    await one.stop(stopped);
    expect((await one.redrive(stopped)).status).toBe('SUCCEEDED');
    const timedOut = await one.run({ ...wait, TimeoutSeconds: 1 });
    expect(timedOut.status).toBe('TIMED_OUT');
    // The time-out begins anew.
    expect((await one.redrive(timedOut.executionArn)).status).toBe('TIMED_OUT');
  });

  it('redrives the children of a Map Run that did not succeed', async () => {
    let isBroken = true;
    const one = sandbox({
      f: (item) => {
        if (item === 2 && isBroken) throw new Error('two');
        return item;
      },
    });
    const map = {
      Type: 'Map',
      MaxConcurrency: 1,
      Label: 'L',
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        ...inner('I', task('f')),
      },
      End: true,
    };
    const first = await one.run(inner('M', map), [1, 2, 3]);
    expect(first.status).toBe('FAILED');
    isBroken = false;
    const second = await one.redrive(first.executionArn);
    expect(second).toMatchObject({ status: 'SUCCEEDED', output: [1, 2, 3] });
    // Three items, three children: the one that failed was redriven.
    expect(one.all()).toHaveLength(4);
    expect(second.events.map(({ type }) => type).slice(-5)).toEqual([
      'MapRunRedriven',
      'MapRunSucceeded',
      'MapStateSucceeded',
      'MapStateExited',
      'ExecutionSucceeded',
    ]);
    const [mapRun] = one.mapRuns.values();
    expect(mapRun).toMatchObject({
      status: 'SUCCEEDED',
      redriveCount: 1,
      itemCounts: { succeeded: 3, failed: 0 },
    });
  });

  it('is refused after 14 days', async () => {
    const one = sandbox();
    const { executionArn } = await one.run(inner('F', { Type: 'Fail' }));
    await one.time.advance(14 * 24 * 3_600_000 + 1);
    await expect(one.redrive(executionArn)).rejects.toThrow('redrivable period');
  });
});
