import { describe, expect, it } from 'vitest';
import { failing, handler, machine, task } from '../testing/definitions.ts';
import { chain, sandbox, type Handler } from '../testing/harness.ts';

describe('Parallel and Map', () => {
  const inner = (state: object, name = 'I') => ({ StartAt: name, States: { [name]: state } });

  it('gives the outputs in the order of branches and items, in whatever order they end', async () => {
    const wait = (path: string) => ({ Type: 'Wait', SecondsPath: path, OutputPath: path, End: true });
    const { output } = await sandbox().run(
      machine({
        Type: 'Parallel',
        Branches: [inner(wait('$.a')), inner(wait('$.b'), 'J')],
        ResultPath: '$.out',
        End: true,
      }),
      { a: 9, b: 3 },
    );
    expect(output).toEqual({ a: 9, b: 3, out: [9, 3] });
    const mapped = await sandbox().run(
      machine({ Type: 'Map', ItemsPath: '$.s', ItemProcessor: inner(wait('$')), End: true }),
      { s: [3, 1, 2] },
    );
    expect(mapped.output).toEqual([3, 1, 2]);
  });

  it('builds each item by ItemSelector, with index and value', async () => {
    const { output } = await sandbox().run(
      machine({
        Type: 'Map',
        ItemsPath: '$.items',
        ItemSelector: { 'i.$': '$$.Map.Item.Index', 'v.$': '$$.Map.Item.Value', 'all.$': '$.common' },
        ItemProcessor: inner({
          Type: 'Pass',
          Parameters: { 'in.$': '$', 'index.$': '$$.Map.Item.Index' },
          End: true,
        }),
        End: true,
      }),
      { items: ['a', 'b'], common: true },
    );
    expect(output).toEqual([
      { in: { i: 0, v: 'a', all: true }, index: 0 },
      { in: { i: 1, v: 'b', all: true }, index: 1 },
    ]);
  });

  it.each([
    [{ MaxConcurrency: 2 }, 5, 2],
    [{ MaxConcurrencyPath: '$.max' }, 5, 3],
    [{}, 5, 5],
    [{ MaxConcurrency: 0 }, 60, 40],
  ])('runs at most as many iterations at once as %j says', async (fields, count, expected) => {
    let running = 0;
    let most = 0;
    const one = sandbox();
    const release: (() => void)[] = [];
    const fn = handler(() => {
      running += 1;
      most = Math.max(most, running);
      return new Promise<void>((resolve) => {
        release.push(() => {
          running -= 1;
          resolve();
        });
      });
    });
    const other = sandbox(fn, { timers: one.time, clock: one.time });
    const executionArn = other.start(
      machine({ Type: 'Map', ItemsPath: '$.items', ItemProcessor: inner(task()), ...fields, End: true }),
      { items: Array.from({ length: count }, (_, index) => index), max: 3 },
    );
    await one.time.advance(0);
    while (release.length > 0) {
      for (const free of release.splice(0)) free();
      await one.time.advance(0);
    }
    expect(other.result(executionArn).status).toBe('SUCCEEDED');
    expect(most).toBe(expected);
  });

  it('begins a waiting iteration where the one that made the place ended', async () => {
    const { events } = await sandbox().run(
      machine({
        Type: 'Map',
        MaxConcurrency: 2,
        ItemProcessor: inner({ Type: 'Wait', SecondsPath: '$', End: true }),
        End: true,
      }),
      [9, 1, 1],
    );
    const third = events.find(({ type, details }) => type === 'MapIterationStarted' && details.index === 2);
    const before = events.find(({ id }) => id === third?.previousEventId);
    expect(before).toMatchObject({ type: 'WaitStateExited', details: { output: '1' } });
    // The slow one ends last, so the Map goes on from its success.
    const succeeded = events.find(
      ({ type, details }) => type === 'MapIterationSucceeded' && details.index === 0,
    );
    expect(events.find(({ type }) => type === 'MapStateExited')?.previousEventId).toBe(succeeded?.id);
  });

  it('refuses items that are no list and a concurrency that is no number', async () => {
    const map = (fields: object) =>
      machine({ Type: 'Map', ItemProcessor: inner({ Type: 'Pass', End: true }), ...fields, End: true });
    const noList = await sandbox().run(map({ ItemsPath: '$.x' }), { x: { foo: 1 } });
    expect(noList.error).toBe('States.Runtime');
    expect(noList.cause).toContain('must point to array. Found: {"foo":1}');
    const noNumber = await sandbox().run(map({ ItemsPath: '$.v', MaxConcurrencyPath: '$.m' }), {
      v: [1],
      m: 'NoNumber',
    });
    expect(noNumber.cause).toContain(
      'The MaxConcurrencyPath field refers to value "NoNumber" which is not a valid integer: $.m',
    );
    expect(chain(noNumber.events)).toEqual([
      '1 ExecutionStarted<-0',
      '2 MapStateEntered<-0',
      '3 ExecutionFailed<-2',
    ]);
  });

  it('aborts nested states from the outside inwards, and tells their functions', async () => {
    const signals: AbortSignal[] = [];
    const waiting: Handler = (_payload, { signal }) => {
      signals.push(signal);
      return new Promise(() => undefined);
    };
    const { events } = await sandbox({ fn: waiting }).run(
      machine({
        Type: 'Parallel',
        Branches: [
          inner({ Type: 'Wait', Seconds: 100, End: true }),
          {
            StartAt: 'M',
            States: {
              M: { Type: 'Map', ItemsPath: '$.items', ItemProcessor: inner(task(), 'J'), End: true },
            },
          },
          {
            StartAt: 'P',
            States: {
              P: {
                Type: 'Parallel',
                Branches: [inner({ Type: 'Wait', Seconds: 50, End: true }, 'K')],
                End: true,
              },
            },
          },
          {
            StartAt: 'Soon',
            States: {
              Soon: { Type: 'Wait', Seconds: 1, Next: 'F' },
              F: { Type: 'Fail', Error: 'E', Cause: 'C' },
            },
          },
        ],
        End: true,
      }),
      { items: [1, 2] },
    );
    const failed = events.find(({ type }) => type === 'FailStateEntered')?.id ?? 0;
    expect(events.slice(failed).map(({ type, previousEventId }) => [type, previousEventId])).toEqual([
      ['WaitStateAborted', failed],
      ['MapStateAborted', failed],
      ['MapIterationAborted', failed],
      ['TaskStateAborted', failed],
      ['MapIterationAborted', failed],
      ['TaskStateAborted', failed],
      ['ParallelStateAborted', failed],
      ['WaitStateAborted', failed],
      ['ParallelStateFailed', failed],
      ['ExecutionFailed', failed + 9],
    ]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it('catches what fails inside, on the Map itself', async () => {
    const { output } = await sandbox(failing('E', 'x')).run(
      machine(
        {
          Type: 'Map',
          ItemProcessor: inner(task()),
          Catch: [{ ErrorEquals: ['E'], Next: 'C', ResultPath: null }],
          End: true,
        },
        { C: { Type: 'Pass', End: true } },
      ),
      [1, 2],
    );
    expect(output).toEqual([1, 2]);
  });
});
