import { describe, expect, it } from 'vitest';
import { callsOf, ids, readerWorld, stopped } from './testing/reader-world.ts';

describe('the SQS reader', () => {
  it('hands over what a receive brought, and deletes what is done in batches', async () => {
    const one = readerWorld({ messages: ids(20) });
    one.reader.start();
    await one.time.advance(100);
    expect(one.received.map(({ id }) => id)).toEqual(ids(20));
    expect(one.received[0]).toMatchObject({ body: 'm0', receiveCount: 1, groupId: undefined });
    expect(one.received[0]?.sentAtMs).toBe(Date.UTC(2026, 10, 3, 10, 15));
    for (const message of one.received.slice(0, 13)) message.settle('done');
    await one.time.advance(100);
    expect(one.sqs.deleted.toSorted()).toEqual(ids(20).slice(0, 13).toSorted());
    expect(callsOf(one.sqs, 'deleteBatch')).toEqual([10, 3]);
    await stopped(one, 0);
  });

  it('lets a message end by itself, whatever the others of its receive do', async () => {
    const one = readerWorld({ messages: ['slow', 'quick'] });
    one.reader.start();
    await one.time.advance(100);
    one.message('quick').settle('done');
    await one.time.advance(60_000);
    expect(one.sqs.deleted).toEqual(['quick']);
    expect(one.received).toHaveLength(2);
    expect(one.reader.status().inHand).toBe(1);
    await stopped(one, 0);
  });

  it('hides messages for as long as they are in hand', async () => {
    const one = readerWorld({ messages: ids(12), pollers: 2 });
    one.reader.start();
    await one.time.advance(120_000);
    expect(one.received).toHaveLength(12);
    expect(one.sqs.left.every(({ hiddenForMs }) => hiddenForMs > 0)).toBe(true);
    expect(Math.max(...callsOf(one.sqs, 'changeVisibilityBatch'))).toBe(10);
    await stopped(one, 0);
  });

  it('does not let a prolongation that is under way hide what was given back after it', async () => {
    const one = readerWorld({ messages: ['a'] });
    one.sqs.latencyMs = (operation) => {
      const changes = one.sqs.calls.filter((call) => call.operation === 'changeVisibilityBatch').length;
      return operation === 'changeVisibilityBatch' && changes === 1 ? 1_000 : 10;
    };
    one.reader.start();
    // Half of the visibility timeout is over: the prolongation is on its way.
    await one.time.advance(4_500);
    expect(callsOf(one.sqs, 'changeVisibilityBatch')).toEqual([1]);
    one.message('a').settle({ retryAfterMs: 2_000 });
    await one.time.advance(4_000);
    expect(one.received.map(({ receiveCount }) => receiveCount)).toEqual([1, 2]);
    await stopped(one, 0);
  });

  it('counts the first verdict only', async () => {
    const one = readerWorld({ messages: ['a', 'b'] });
    one.reader.start();
    await one.time.advance(100);
    one.message('a').settle({ retryAfterMs: 60_000 });
    one.message('a').settle('done');
    one.message('b').settle('done');
    one.message('b').settle({ retryAfterMs: 0 });
    await one.time.advance(1_000);
    expect(one.sqs.deleted).toEqual(['b']);
    expect(one.reader.status().inHand).toBe(0);
    expect(one.sqs.left[0]?.hiddenForMs).toBeGreaterThan(50_000);
    await stopped(one, 0);
  });

  it('stops receiving at the bound of messages, and goes on below it', async () => {
    const one = readerWorld({ messages: ids(45), pollers: 3, maxInHand: 20 });
    one.reader.start();
    await one.time.advance(5_000);
    expect(one.received).toHaveLength(20);
    for (const message of one.received.slice(0, 10)) message.settle('done');
    await one.time.advance(1_000);
    expect(one.received).toHaveLength(30);
    await stopped(one, 0);
  });

  it('stops receiving at the bound of bytes', async () => {
    const one = readerWorld({ maxInHandBytes: 1_000, maxInHand: 100 });
    for (const id of ids(30)) one.sqs.put(id, undefined, 'x'.repeat(100));
    one.reader.start();
    await one.time.advance(5_000);
    expect(one.received).toHaveLength(10);
    one.message('m3').settle('done');
    await one.time.advance(1_000);
    expect(one.received).toHaveLength(20);
    await stopped(one, 0);
  });

  it('gives back what is not settled when the handler fails', async () => {
    const one = readerWorld({
      messages: ['a', 'b'],
      onMessages: (batch) => {
        batch[0]?.settle('done');
        throw new Error('a bug');
      },
    });
    one.reader.start();
    await one.time.advance(500);
    expect(one.sqs.deleted).toEqual(['a']);
    expect(one.logged).toEqual(['messages not handled']);
    expect(one.sqs.left[0]?.hiddenForMs).toBeLessThanOrEqual(1_000);
    await stopped(one, 0);
  });

  it('repeats deletes that fail, and says which did not succeed in the end', async () => {
    const one = readerWorld({ messages: ids(4) });
    let failing = 1;
    one.sqs.fault = (operation) => (operation === 'deleteBatch' && (failing -= 1) >= 0 ? 'partly' : 'none');
    one.reader.start();
    await one.time.advance(100);
    for (const message of one.received) message.settle('done');
    await one.time.advance(5_000);
    expect(one.sqs.deleted.toSorted()).toEqual(ids(4));
    expect(one.logged).toEqual([]);
    await stopped(one, 0);
  });
});

describe('the SQS reader on a FIFO queue', () => {
  it('gives back the later messages of a group with an earlier one, and delivers them again in order', async () => {
    const one = readerWorld({ fifo: true, messages: ['a1', 'b1', 'a2', 'a3'] });
    one.reader.start();
    await one.time.advance(100);
    expect(one.received.map(({ id }) => id)).toEqual(['a1', 'b1', 'a2', 'a3']);
    one.message('a2').settle({ retryAfterMs: 3_000 });
    one.message('a3').settle('done');
    one.message('a1').settle('done');
    one.message('b1').settle('done');
    await one.time.advance(1_000);
    expect(one.sqs.deleted.toSorted()).toEqual(['a1', 'b1']);
    expect(callsOf(one.sqs, 'changeVisibilityBatch')).toEqual([2]);
    await one.time.advance(5_000);
    expect(one.received.slice(4).map(({ id, receiveCount }) => [id, receiveCount])).toEqual([
      ['a2', 2],
      ['a3', 2],
    ]);
    await stopped(one, 0);
  });
});

describe('the SQS reader when the queue is away', () => {
  it('backs off, logs the outage once at its beginning and its end, and shows it meanwhile', async () => {
    const one = readerWorld({ pollers: 3 });
    let away = true;
    one.sqs.fault = (operation) => (away && operation === 'receive' ? 'network' : 'none');
    one.reader.start();
    await one.time.advance(120_000);
    expect(one.logged).toEqual(['queue not reachable']);
    expect(one.reader.status()).toMatchObject({ lastReceiveAtMs: undefined, lastError: 'ECONNREFUSED' });
    expect(one.reader.status().failingSinceMs).toBe(Date.UTC(2026, 10, 3, 10, 15) + 10);
    // Half of the ceiling each time: 0.1 s, 0.2 s, … and 10 s at most.
    expect(callsOf(one.sqs, 'receive').length).toBeLessThan(3 * 20);
    away = false;
    await one.time.advance(20_000);
    expect(one.logged).toEqual(['queue not reachable', 'queue reachable again']);
    expect(one.reader.status()).toMatchObject({ failingSinceMs: undefined, lastError: undefined });
    expect(one.reader.status().lastReceiveAtMs).toBeDefined();
    await stopped(one, 0);
  });

  it('stops at once while it backs off', async () => {
    const one = readerWorld();
    one.sqs.fault = () => 'network';
    one.reader.start();
    await one.time.advance(60_000);
    const before = one.sqs.calls.length;
    await one.reader.stop({ graceMs: 60_000 });
    expect(one.sqs.calls.length).toBe(before);
  });
});
