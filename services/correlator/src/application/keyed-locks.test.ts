import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { KeyedLocks } from './keyed-locks.ts';

describe('keyed locks', () => {
  it('run one task of a key at a time, in the order of asking, whatever fails among them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ key: fc.constantFrom('a', 'b'), turns: fc.nat({ max: 4 }), fails: fc.boolean() }),
          {
            maxLength: 20,
          },
        ),
        async (tasks) => {
          const locks = new KeyedLocks();
          const running = new Set<string>();
          const began: number[] = [];
          const results = tasks.map(({ key, turns, fails }, index) =>
            locks.run(key, async () => {
              expect(running.has(key)).toBe(false);
              running.add(key);
              began.push(index);
              for (let left = turns; left > 0; left -= 1) await Promise.resolve();
              running.delete(key);
              if (fails) throw new Error(`task ${index}`);
              return index;
            }),
          );
          const settled = await Promise.allSettled(results);
          expect(settled.map(({ status }) => status === 'rejected')).toEqual(tasks.map(({ fails }) => fails));
          for (const key of ['a', 'b']) {
            const ofKey = began.filter((index) => tasks[index]?.key === key);
            expect(ofKey).toEqual(ofKey.toSorted((one, other) => one - other));
          }
        },
      ),
    );
  });

  it('say that a task has failed before the next one of its key begins', async () => {
    const locks = new KeyedLocks();
    const seen: string[] = [];
    const first = locks.run(
      'a',
      () => Promise.reject(new Error('failed')),
      () => {
        seen.push('failure');
      },
    );
    const second = locks.run('a', () => Promise.resolve(seen.push('second')));
    await expect(first).rejects.toThrow('failed');
    await second;
    expect(seen).toEqual(['failure', 'second']);
  });

  it('lets who ran read its result before the next one begins', async () => {
    const locks = new KeyedLocks();
    const value = { text: 'first' };
    const first = locks.run('a', () => Promise.resolve(value)).then(({ text }) => text);
    const second = locks.run('a', () => {
      value.text = 'second';
      return Promise.resolve();
    });
    expect(await first).toBe('first');
    await second;
  });
});
