import { describe, expect, it } from 'vitest';
import { StepcastError } from '@stepcast/kit';
import { settle } from '@stepcast/kit/testing';
import { ARN, arnOf } from '../testing/correlation-bench.ts';
import { recordOf } from '../testing/records.ts';
import type { Input, Mode } from './incoming.ts';
import { ProcessingQueue } from './processing-queue.ts';

class Final extends StepcastError {
  readonly code = 'TEST_FINAL';
  readonly retryable = false;
}

function createQueue(fate: (ids: readonly number[]) => Error | undefined = () => undefined) {
  const passes: { ids: number[]; mode: Mode }[] = [];
  const gate = Promise.withResolvers<void>();
  const queue = new ProcessingQueue(async (_arn, { records = [] }: Input, mode) => {
    const ids = records.map(({ id }) => id);
    passes.push({ ids, mode });
    await gate.promise;
    const failure = fate(ids);
    if (failure !== undefined) throw failure;
    return passes.length;
  });
  const submit = (id: number, mode: Mode = 'normal') => queue.submit(ARN, { records: [recordOf(id)] }, mode);
  return {
    queue,
    passes,
    submit,
    /** Has passes end: the one under way, and those after it. */
    open: async () => {
      gate.resolve();
      await settle();
    },
  };
}

describe('the processing queue', () => {
  it('joins what waits for the same execution into one pass', async () => {
    const { passes, submit, open } = createQueue();
    const all = [submit(1), submit(2), submit(3), submit(4)];
    await open();
    expect(await Promise.all(all)).toEqual([1, 2, 2, 2]);
    expect(passes.map(({ ids }) => ids)).toEqual([[1], [2, 3, 4]]);
  });

  it('reloads for all when one wants it', async () => {
    const { passes, submit, open } = createQueue();
    const all = [submit(1), submit(2), submit(3, 'reload')];
    await open();
    await Promise.all(all);
    expect(passes.map(({ mode }) => mode)).toEqual(['normal', 'reload']);
  });

  it('has what gives up stand alone, in its turn', async () => {
    const { passes, submit, open } = createQueue();
    const all = [
      submit(1),
      submit(2),
      submit(3, { giveUp: 'why' }),
      submit(4),
      submit(5),
      submit(6, 'abandon'),
    ];
    await open();
    await Promise.all(all);
    expect(passes.map(({ ids }) => ids)).toEqual([[1], [2], [3], [4, 5], [6]]);
  });

  it('does not have an execution wait for another one', async () => {
    const { passes, queue, submit, open } = createQueue();
    const all = [submit(1), queue.submit(arnOf('other'), { records: [recordOf(9)] }, 'normal')];
    expect(passes.map(({ ids }) => ids)).toEqual([[1], [9]]);
    await open();
    await Promise.all(all);
  });

  it('fails for all when trying again may help', async () => {
    const { passes, submit, open } = createQueue((ids) => (ids.includes(3) ? new Error('later') : undefined));
    const all = [submit(1), submit(2), submit(3)];
    const results = Promise.allSettled(all);
    await open();
    expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(passes).toHaveLength(2);
  });

  it('fails for the one alone that can never be processed', async () => {
    const { submit, open } = createQueue((ids) => (ids.includes(3) ? new Final('never') : undefined));
    const results = Promise.allSettled([submit(1), submit(2), submit(3), submit(4)]);
    await open();
    expect((await results).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
  });
});
