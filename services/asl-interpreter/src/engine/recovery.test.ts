import { describe, expect, it } from 'vitest';
import { failing, handler, machine, never, task } from '../testing/definitions.ts';
import { sandbox, type Handler } from '../testing/harness.ts';

describe('Retry', () => {
  it('waits with backoff up to the maximum, then gives up', async () => {
    const one = sandbox(failing('Busy'));
    const { events } = await one.run(
      machine(
        task({
          Retry: [
            {
              ErrorEquals: ['Busy'],
              IntervalSeconds: 2,
              BackoffRate: 3,
              MaxAttempts: 4,
              MaxDelaySeconds: 20,
            },
          ],
        }),
      ),
    );
    const scheduled = events
      .filter(({ type }) => type === 'LambdaFunctionScheduled')
      .map(({ timestampMs }) => timestampMs);
    const delays = scheduled.slice(1).map((at, index) => at - (scheduled[index] ?? 0));
    expect(delays).toEqual([2000, 6000, 18_000, 20_000]);
    expect(events.at(-1)?.type).toBe('ExecutionFailed');
  });

  it('makes three attempts more by default, after 1, 2 and 4 seconds', async () => {
    const { events } = await sandbox(failing('Busy')).run(
      machine(task({ Retry: [{ ErrorEquals: ['States.ALL'] }] })),
    );
    expect(events.filter(({ type }) => type === 'LambdaFunctionScheduled')).toHaveLength(4);
    expect((events.at(-1)?.timestampMs ?? 0) - (events[0]?.timestampMs ?? 0)).toBe(7000);
  });

  it('draws from the whole delay with full jitter', async () => {
    const { events } = await sandbox(failing('Busy'), { random: () => 0.25 }).run(
      machine(
        task({
          Retry: [
            { ErrorEquals: ['States.ALL'], IntervalSeconds: 8, MaxAttempts: 1, JitterStrategy: 'FULL' },
          ],
        }),
      ),
    );
    expect((events.at(-1)?.timestampMs ?? 0) - (events[0]?.timestampMs ?? 0)).toBe(2000);
  });

  it('tells the function and the context how often it was retried', async () => {
    const seen: unknown[] = [];
    const fn: Handler = (payload, { attempt }) => {
      seen.push([payload, attempt]);
      if (attempt < 2) throw new Error('again');
      return 'done';
    };
    const { output } = await sandbox(handler(fn)).run(
      machine(
        task({
          Parameters: { 'count.$': '$$.State.RetryCount' },
          Retry: [{ ErrorEquals: ['Error'], IntervalSeconds: 1 }],
        }),
      ),
    );
    expect(output).toBe('done');
    expect(seen).toEqual([
      [{ count: 0 }, 0],
      [{ count: 1 }, 1],
      [{ count: 2 }, 2],
    ]);
  });

  it('lets each retrier count for itself', async () => {
    let calls = 0;
    const fn: Handler = () => {
      calls += 1;
      throw Object.assign(new Error('x'), { name: calls % 2 === 1 ? 'A' : 'B' });
    };
    await sandbox(handler(fn)).run(
      machine(
        task({
          Retry: [
            { ErrorEquals: ['A'], MaxAttempts: 2 },
            { ErrorEquals: ['B'], MaxAttempts: 1 },
          ],
        }),
      ),
    );
    // A B A (B is used up now)
    expect(calls).toBe(4);
  });

  it('does not take a time-out for States.TaskFailed', async () => {
    const { events } = await sandbox(never).run(
      machine(task({ TimeoutSeconds: 1, Retry: [{ ErrorEquals: ['States.TaskFailed'] }] })),
    );
    expect(events.filter(({ type }) => type === 'LambdaFunctionTimedOut')).toHaveLength(1);
  });

  it('never retries with MaxAttempts 0', async () => {
    const { events } = await sandbox(failing('E')).run(
      machine(task({ Retry: [{ ErrorEquals: ['E'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }] })),
    );
    expect(events.filter(({ type }) => type === 'LambdaFunctionFailed')).toHaveLength(1);
  });
});

describe('Catch', () => {
  it('places the error where ResultPath says and goes on with the raw input', async () => {
    const { output } = await sandbox(failing('E', 'why')).run(
      machine(
        task({
          InputPath: '$.part',
          OutputPath: '$.never',
          Catch: [
            { ErrorEquals: ['Other'], Next: 'S' },
            { ErrorEquals: ['E'], Next: 'Caught', ResultPath: '$.problem' },
          ],
        }),
        {
          Caught: {
            Type: 'Pass',
            Parameters: { 'name.$': '$.problem.Error', 'part.$': '$.part' },
            End: true,
          },
        },
      ),
      { part: { n: 1 } },
    );
    expect(output).toEqual({ name: 'E', part: { n: 1 } });
  });

  it('gives a time-out an empty cause', async () => {
    const { output } = await sandbox(never).run(
      machine(task({ TimeoutSeconds: 1, Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'C' }] }), {
        C: { Type: 'Pass', End: true },
      }),
    );
    expect(output).toEqual({ Error: 'States.Timeout', Cause: '' });
  });

  it('does not take States.Runtime, not even by name', async () => {
    const { error } = await sandbox(handler(() => 1)).run(
      machine(
        task({
          OutputPath: '$.no.such',
          Catch: [
            { ErrorEquals: ['States.Runtime'], Next: 'C' },
            { ErrorEquals: ['States.ALL'], Next: 'C' },
          ],
        }),
        {
          C: { Type: 'Pass', End: true },
        },
      ),
    );
    expect(error).toBe('States.Runtime');
  });
});
