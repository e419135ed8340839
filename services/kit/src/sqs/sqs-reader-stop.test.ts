import { describe, expect, it } from 'vitest';
import { callsOf, ids, readerWorld } from './testing/reader-world.ts';

describe('the stop of the SQS reader', () => {
  it('waits for what is in hand, within the grace', async () => {
    const one = readerWorld({ messages: ['a'] });
    one.reader.start();
    await one.time.advance(100);
    let ended = false;
    const stop = one.reader.stop({ graceMs: 30_000 }).then(() => {
      ended = true;
    });
    await one.time.advance(20_000);
    expect(ended).toBe(false);
    one.message('a').settle('done');
    await one.time.advance(100);
    await stop;
    expect(one.sqs.deleted).toEqual(['a']);
    expect(one.time.pending).toBe(0);
  });

  it('makes visible at once what does not settle within the grace', async () => {
    const one = readerWorld({ messages: ids(15), pollers: 2 });
    one.reader.start();
    await one.time.advance(100);
    one.message('m4').settle('done');
    const stop = one.reader.stop({ graceMs: 5_000 });
    await one.time.advance(5_100);
    await stop;
    expect(one.sqs.left).toHaveLength(14);
    expect(one.sqs.left.every(({ hiddenForMs }) => hiddenForMs === 0)).toBe(true);
    one.message('m5').settle('done');
    await one.time.advance(1_000);
    expect(one.sqs.deleted).toEqual(['m4']);
  });

  it('lets a long poll end by itself, and gives back what it brings without handing it over', async () => {
    const one = readerWorld();
    one.reader.start();
    await one.time.advance(500);
    const stop = one.reader.stop({ graceMs: 0 });
    await one.time.advance(500);
    one.sqs.put('late');
    await one.time.advance(2_000);
    await stop;
    expect(one.received).toEqual([]);
    expect(one.sqs.left).toEqual([{ id: 'late', hiddenForMs: 0 }]);
    expect(callsOf(one.sqs, 'changeVisibilityBatch')).toEqual([1]);
  });

  it('aborts the long poll and the grace when its signal says so', async () => {
    const one = readerWorld({ messages: ['a'], waitTimeSeconds: 20 });
    one.reader.start();
    await one.time.advance(100);
    const force = new AbortController();
    const stop = one.reader.stop({ graceMs: Number.POSITIVE_INFINITY, signal: force.signal });
    await one.time.advance(1_000);
    force.abort();
    await one.time.advance(100);
    await stop;
    expect(one.sqs.left).toEqual([{ id: 'a', hiddenForMs: 0 }]);
  });

  it('ends within seconds when its signal says so and the queue is away', async () => {
    const one = readerWorld({ messages: ['a'] });
    one.reader.start();
    await one.time.advance(100);
    one.sqs.fault = () => 'network';
    const stop = one.reader.stop({ graceMs: 0, signal: AbortSignal.abort() });
    await one.time.advance(5_000);
    await stop;
    expect(one.logged).toEqual(['visibility of messages not changed']);
  });
});
