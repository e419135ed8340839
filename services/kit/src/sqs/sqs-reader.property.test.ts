import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { readerWorld, stopped } from './testing/reader-world.ts';

describe('the SQS reader, whatever is settled when', () => {
  interface Plan {
    readonly verdict: 'done' | 'back' | 'never';
    readonly afterMs: number;
  }
  const plan = fc.record<Plan>({
    verdict: fc.constantFrom<Plan['verdict'][]>('done', 'done', 'done', 'back', 'never'),
    afterMs: fc.nat({ max: 12_000 }),
  });
  const scenario = fc.record({
    fifo: fc.boolean(),
    groups: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 30 }),
    plans: fc.array(plan, { minLength: 1, maxLength: 20 }),
    faults: fc.array(
      fc.constantFrom('none' as const, 'none' as const, 'network' as const, 'partly' as const),
      {
        maxLength: 30,
      },
    ),
    latencies: fc.array(fc.nat({ max: 800 }), { minLength: 1, maxLength: 10 }),
    runMs: fc.integer({ min: 0, max: 40_000 }),
    graceMs: fc.constantFrom(0, 500, 5_000),
  });

  it('deletes nothing that was not done, gives back the rest, and keeps the order of groups', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ fifo, groups, plans, faults, latencies, runMs, graceMs }) => {
        const done = new Set<string>();
        const backFrom = new Map<string, number>();
        const delayed = new Set<string>();
        const numberOf = (id: string) => Number(id.slice(1));
        let receives = 0;
        let next = 0;
        const one = readerWorld({
          fifo,
          pollers: 2,
          onMessages(batch) {
            receives += 1;
            const receive = receives;
            for (const group of new Set(batch.map(({ groupId }) => groupId))) {
              const numbers = batch.filter(({ groupId }) => groupId === group).map(({ id }) => numberOf(id));
              if (fifo) expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
            }
            for (const message of batch) {
              const { verdict, afterMs } = plans[(next += 1) % plans.length] ?? {
                verdict: 'done',
                afterMs: 0,
              };
              if (verdict === 'never') continue;
              one.time.after(afterMs, () => {
                const key = `${receive} ${message.groupId ?? message.id}`;
                const first = backFrom.get(key) ?? Number.POSITIVE_INFINITY;
                if (verdict === 'done') {
                  // A verdict after the group was given back does not count.
                  if (!fifo || numberOf(message.id) < first) done.add(message.id);
                  message.settle('done');
                } else {
                  backFrom.set(key, Math.min(first, numberOf(message.id)));
                  for (const { id, groupId } of batch)
                    if (id === message.id || (fifo && groupId === message.groupId)) delayed.add(id);
                  message.settle({ retryAfterMs: afterMs });
                }
              });
            }
          },
        });
        one.sqs.fault = (_operation, call) => faults[call] ?? 'none';
        one.sqs.latencyMs = (_operation, call) => latencies[call % latencies.length] ?? 10;
        const all = groups.map((group, index) => `${group}${index}`);
        for (const id of all) one.sqs.put(id, fifo ? id.slice(0, 1) : undefined);
        one.reader.start();
        await one.time.advance(runMs);
        let hidden: readonly string[] = [];
        const stop = one.reader.stop({ graceMs }).then(() => {
          hidden = one.sqs.left.filter(({ hiddenForMs }) => hiddenForMs > 0).map(({ id }) => id);
        });
        await one.time.advance(60_000);
        await stop;

        // Where SQS failed, the visibility timeout has to do it.
        if (faults.every((fault) => fault === 'none'))
          expect(hidden.filter((id) => !delayed.has(id))).toEqual([]);
        expect(one.sqs.deleted.filter((id) => !done.has(id))).toEqual([]);
        expect(new Set(one.sqs.deleted).size).toBe(one.sqs.deleted.length);
        expect([...one.sqs.deleted, ...one.sqs.left.map(({ id }) => id)].toSorted()).toEqual(all.toSorted());
        expect(one.reader.status().inHand).toBe(0);
        expect(one.sqs.calls.every(({ entries }) => entries <= 10)).toBe(true);
      }),
    );
  });

  it('loses nothing: what is given back is received again until all are done, each group in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 25 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
        async (groups, successes) => {
          const finished: string[] = [];
          let next = 0;
          const one = readerWorld({
            fifo: true,
            pollers: 2,
            onMessages(batch) {
              // In turn, as a consumer that cares for order does: after a failure the rest of its group is left alone.
              const failed = new Set<string | undefined>();
              for (const message of batch) {
                if (failed.has(message.groupId)) continue;
                next += 1;
                if (successes[next % successes.length] === true || next > 60) {
                  finished.push(message.id);
                  message.settle('done');
                } else {
                  failed.add(message.groupId);
                  message.settle({ retryAfterMs: 1_000 });
                }
              }
            },
          });
          const all = groups.map((group, index) => `${group}${index}`);
          for (const id of all) one.sqs.put(id, id.slice(0, 1));
          one.reader.start();
          await one.time.advance(150_000);
          expect(one.sqs.left).toEqual([]);
          for (const group of ['a', 'b']) {
            const ofGroup = (id: string) => id.startsWith(group);
            expect(finished.filter(ofGroup)).toEqual(all.filter(ofGroup));
          }
          await stopped(one, 0);
        },
      ),
    );
  });
});
