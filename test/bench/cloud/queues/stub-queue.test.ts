import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { MAX_DEDUPLICATION_IDS, StubQueue } from './stub-queue.ts';

function open(fifo: boolean) {
  const clock = { nowMs: 0 };
  return { clock, queue: new StubQueue({ fifo, nowMs: () => clock.nowMs }) };
}
const bodies = (messages: readonly { readonly body: string }[]) => messages.map(({ body }) => body);

describe('a FIFO queue', () => {
  it('gives nothing of a group while a message of it is in hand, and gives it in order afterwards', async () => {
    const { queue } = open(true);
    for (const [body, group] of [
      ['a1', 'a'],
      ['a2', 'a'],
      ['b1', 'b'],
    ] as const)
      queue.send(body, group);
    const [first] = await queue.receive(1, 1_000, 0);
    expect(first?.body).toBe('a1');
    expect(bodies(await queue.receive(10, 1_000, 0))).toEqual(['b1']);
    expect(await queue.receive(10, 1_000, 0)).toEqual([]);
    expect(queue.delete(first?.handle ?? '')).toBe(true);
    expect(bodies(await queue.receive(10, 1_000, 0))).toEqual(['a2']);
  });

  it('gives a message again after its visibility timeout, before the later ones of its group', async () => {
    const { queue, clock } = open(true);
    queue.send('a1', 'a');
    const [first] = await queue.receive(10, 1_000, 0);
    queue.send('a2', 'a');
    clock.nowMs = 999;
    queue.expire();
    expect(await queue.receive(10, 1_000, 0)).toEqual([]);
    clock.nowMs = 1_000;
    queue.expire();
    const again = await queue.receive(10, 1_000, 0);
    expect(bodies(again)).toEqual(['a1', 'a2']);
    expect(again[0]?.receiveCount).toBe(2);
    // The handle of the first delivery has become void.
    expect(queue.delete('h-1')).toBe(false);
    expect(first?.id).toBe(again[0]?.id);
  });

  it('delivers a deduplication ID once within five minutes, also when the first was deleted', async () => {
    const { queue, clock } = open(true);
    const id = queue.send('a1', 'a', 'one');
    const [first] = await queue.receive(10, 1_000, 0);
    queue.delete(first?.handle ?? '');
    clock.nowMs = 299_999;
    expect(queue.send('a1 again', 'a', 'one')).toBe(id);
    expect(queue.size).toBe(0);
    clock.nowMs = 300_000;
    expect(queue.send('a1 late', 'a', 'one')).not.toBe(id);
    queue.send('a1 again', 'a', 'one');
    expect(bodies(await queue.receive(10, 1_000, 0))).toEqual(['a1 late']);
  });

  it('remembers so many deduplication IDs that a long run has room for them', () => {
    const { queue } = open(true);
    for (let index = 0; index <= MAX_DEDUPLICATION_IDS; index += 1) queue.send('x', 'a', String(index));
    expect(queue.send('again', 'a', '1')).toBe('m-2');
    expect(queue.send('again', 'a', '0')).toBe(`m-${MAX_DEDUPLICATION_IDS + 2}`);
  });

  it('loses nothing and keeps the order of every group, whatever is deleted, given back or expires', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 3 }), { maxLength: 30 }),
        fc.array(fc.constantFrom('delete', 'giveBack', 'forget'), { minLength: 40, maxLength: 40 }),
        fc.integer({ min: 1, max: 10 }),
        async (groups, fates, max) => {
          const { queue, clock } = open(true);
          for (const [index, group] of groups.entries()) queue.send(`${group}:${index}`, String(group));
          const done = new Map<string, number[]>();
          for (let step = 0; queue.size > 0; step += 1) {
            clock.nowMs += 10;
            queue.expire();
            const messages = await queue.receive(max, 5, 0);
            // As our reader does: what is given back takes the later ones of its group with it.
            const held = new Set<string>();
            for (const { body, groupId, handle = '' } of messages) {
              // In the end everything is deleted.
              const fate = fates[step] ?? 'delete';
              if (fate !== 'delete') held.add(groupId);
              if (!held.has(groupId)) {
                queue.delete(handle);
                done.set(groupId, [...(done.get(groupId) ?? []), Number(body.split(':')[1])]);
              } else if (fate === 'giveBack') queue.changeVisibility(handle, 0);
            }
          }
          const wanted = new Map<string, number[]>();
          for (const [index, group] of groups.entries())
            wanted.set(String(group), [...(wanted.get(String(group)) ?? []), index]);
          expect(done).toEqual(wanted);
        },
      ),
    );
  });
});

describe('a standard queue', () => {
  it('holds nothing back because of what is in hand', async () => {
    const { queue } = open(false);
    queue.send('one', 'ignored');
    queue.send('two', 'ignored');
    expect(bodies(await queue.receive(1, 1_000, 0))).toEqual(['one']);
    expect(bodies(await queue.receive(1, 1_000, 0))).toEqual(['two']);
    expect(queue.size).toBe(2);
  });
});

describe('a long poll', () => {
  it('ends with the first message that comes, and one poll alone gets it', async () => {
    const { queue } = open(true);
    const [one, other] = [queue.receive(10, 1_000, 20_000), queue.receive(10, 1_000, 20_000)];
    queue.send('a1', 'a');
    queue.send('b1', 'b');
    expect([bodies(await one), bodies(await other)]).toEqual([['a1'], ['b1']]);
  });

  it('ends empty after its time', async () => {
    const { queue } = open(true);
    expect(await queue.receive(10, 1_000, 1)).toEqual([]);
  });
});
