import { describe, expect, it } from 'vitest';
import { bench, bucket, key, record } from './test-support.ts';

describe('positions', () => {
  const storage = () => {
    const values = new Map<string, string>();
    return {
      values,
      getItem: (name: string) => values.get(name) ?? null,
      setItem: (name: string, value: string) => void values.set(name, value),
    };
  };

  it('survive a reload: the next page gets the state and what is new', async () => {
    const stored = storage();
    const first = bench({ storage: stored });
    const before = record(first.client.watch({ bucket, key }));
    await first.runtime.settle();
    first.service.append(bucket, key, ['uploaded', 'executionStarted']);
    await first.client.close();
    expect(before).toEqual(['synced', 'e1/1', 'e1/2']);

    const second = bench({ storage: stored });
    second.service.append(bucket, key, ['uploaded', 'executionStarted', 'executionSucceeded'], {
      publish: false,
    });
    const watch = second.client.watch({ bucket, key });
    const after = record(watch);
    const anew = second.client.watch({ bucket, key: `${key}-other` }, { resume: false });
    await second.runtime.settle();
    expect(after).toEqual(['e1/3', 'complete', 'synced']);
    expect(watch.state?.status).toBe('succeeded');
    expect(anew.position).toBeUndefined();
  });

  it('are stored when the page is left', async () => {
    const stored = storage();
    const { client, runtime, service, environment } = bench({ storage: stored });
    client.watch({ bucket, key });
    await runtime.settle();
    service.append(bucket, key, ['uploaded']);
    expect(stored.values.size).toBe(0);
    environment.tell('leave');
    expect([...stored.values.values()].join()).toContain('"offset":1');
  });

  it('do without a storage that fails or holds rubbish', async () => {
    for (const broken of [
      { getItem: () => 'rubbish', setItem: () => undefined },
      {
        getItem: () => {
          throw new Error('denied');
        },
        setItem: () => undefined,
      },
      { getItem: () => Promise.reject(new Error('gone')), setItem: () => Promise.reject(new Error('full')) },
    ]) {
      const { client, runtime, service } = bench({ storage: broken });
      const warnings: number[] = [];
      client.on('warning', ({ reasonCode }) => warnings.push(reasonCode));
      const emitted = record(client.watch({ bucket, key }));
      await runtime.settle();
      service.append(bucket, key, ['uploaded']);
      await runtime.advance(1_000);
      expect(emitted).toEqual(['synced', 'e1/1']);
      expect(warnings[0]).toBe(401);
    }
  });
});
