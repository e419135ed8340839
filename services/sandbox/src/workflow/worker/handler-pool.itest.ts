import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemTimers } from '@stepcast/kit';
import { ObjectTooLarge } from '../errors.ts';
import type { HandlerContext } from '../handler.ts';
import { createHandlerPool, type HandlerPool } from './handler-pool.ts';

const MODULE = `
export default {
  double: async ({ n }) => n * 2,
  spin: () => { for (;;); },
  backtrack: () => /^(a+)+$/.test('a'.repeat(60) + 'b'),
  copy: async ({ from, to }, { getObject, putObject, attempt }) => {
    const bytes = await getObject('bucket', from, { maxBytes: 10 });
    await putObject('bucket', to, Buffer.concat([bytes, Buffer.from('!')]), { contentType: 'text/plain' });
    return { length: bytes.length, attempt };
  },
  fail: () => { throw Object.assign(new Error('on purpose'), { name: 'MyError' }); },
  crash: () => { setTimeout(() => { throw new Error('later'); }); return new Promise(() => {}); },
  exit: () => process.exit(3),
  big: () => 1n,
  wait: (_event, { signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
};
`;

let folder = '';
let pool: HandlerPool;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepcast-handlers-'));
  await writeFile(join(folder, 'handlers.mjs'), MODULE);
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => pool.close());

const stored = new Map<string, Buffer>();
const context = (functionName: string, more: Partial<HandlerContext> = {}): HandlerContext => ({
  getObject: (_bucket, key) => {
    const found = stored.get(key);
    return found === undefined ? Promise.reject(new ObjectTooLarge(key)) : Promise.resolve(found);
  },
  putObject: (_bucket, key, body) => {
    stored.set(key, Buffer.from(body));
    return Promise.resolve();
  },
  signal: new AbortController().signal,
  attempt: 1,
  executionArn: 'arn',
  functionName,
  ...more,
});
const start = (threads = 1) =>
  (pool = createHandlerPool({ file: join(folder, 'handlers.mjs'), threads, timers: systemTimers }));

describe('a handler', () => {
  it('gets its input and gives its result', async () => {
    start();
    expect(await pool.names()).toContain('double');
    expect(await pool.run({ n: 21 }, context('double'))).toBe(42);
  });

  it('reaches objects by the thread that has the client of S3', async () => {
    start();
    stored.set('a', Buffer.from('hello'));
    expect(await pool.run({ from: 'a', to: 'b' }, context('copy', { attempt: 2 }))).toEqual({
      length: 5,
      attempt: 2,
    });
    expect(stored.get('b')?.toString()).toBe('hello!');
    await expect(pool.run({ from: 'none', to: 'b' }, context('copy'))).rejects.toMatchObject({
      name: 'ObjectTooLarge',
    });
  });

  it('fails by the name of what it throws, and when its thread ends', async () => {
    start();
    await expect(pool.run({}, context('fail'))).rejects.toMatchObject({
      name: 'MyError',
      message: 'on purpose',
    });
    await expect(pool.run({}, context('crash'))).rejects.toMatchObject({ message: 'later' });
    await expect(pool.run({}, context('exit'))).rejects.toMatchObject({ name: 'Runtime.ExitError' });
    expect(await pool.run({ n: 1 }, context('double'))).toBe(2);
  });

  it('that ends when it is aborted keeps its thread', async () => {
    start();
    const abort = new AbortController();
    const waiting = pool.run({}, context('wait', { signal: abort.signal }));
    await pool.names();
    abort.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
  });
});

describe('a handler that never returns', () => {
  it.each(['spin', 'backtrack'])(
    'is ended with its thread when it is aborted, and the next call runs: %s',
    async (name) => {
      start();
      await pool.names();
      const abort = new AbortController();
      const hanging = pool.run({}, context(name, { signal: abort.signal }));
      const next = pool.run({ n: 2 }, context('double'));
      // The main thread goes on: a timer fires.
      setTimeout(() => {
        abort.abort(new Error('time is over'));
      }, 100);
      await expect(hanging).rejects.toMatchObject({ name: 'Runtime.ExitError' });
      expect(await next).toBe(4);
    },
  );

  it('does not keep the pool from closing', async () => {
    start();
    await pool.names();
    const hanging = pool.run({}, context('spin')).catch((thrown: unknown) => thrown);
    const next = pool.run({ n: 1 }, context('double')).catch((thrown: unknown) => thrown);
    await pool.close();
    expect(await hanging).toMatchObject({ name: 'Runtime.ExitError' });
    expect(await next).toBeInstanceOf(Error);
  });

  it('holds up no call that has a thread of its own', async () => {
    start(2);
    await pool.names();
    const hanging = pool.run({}, context('spin')).catch(() => 'ended');
    expect(await pool.run({ n: 3 }, context('double'))).toBe(6);
    await pool.close();
    expect(await hanging).toBe('ended');
  });
});

it('handlers that never finish loading are given up', async () => {
  await writeFile(join(folder, 'loops.mjs'), 'for (;;);');
  pool = createHandlerPool({
    file: join(folder, 'loops.mjs'),
    threads: 1,
    timers: { after: (delayMs, job) => systemTimers.after(delayMs / 20, job) },
  });
  await expect(pool.names()).rejects.toThrow('did not load in time');
});
