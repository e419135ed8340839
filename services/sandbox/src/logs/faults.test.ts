import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { decode, history, idsOf, seeded, setUp } from './testing/delivery-harness.ts';
import type { LogFaults, SubscriptionPayload } from './types.ts';

describe('log delivery with faults', () => {
  async function runWith(faults: LogFaults, seed: number, count = 40) {
    const { delivery, time, taken } = setUp({ faults, random: seeded(seed), maxBatchRecords: 4 });
    for (let id = 1; id <= count; id += 1) delivery.write(history([id]));
    await time.run(() => delivery.statistics().queued === 0);
    return { taken, ids: idsOf(taken), statistics: delivery.statistics() };
  }
  const all = Array.from({ length: 40 }, (_, index) => index + 1);

  it('has none unless it is configured to', async () => {
    expect((await runWith({}, 1)).ids).toEqual(all);
  });
  it('duplicates payloads, with the same record ids', async () => {
    const { ids, taken } = await runWith({ duplicate: 1 }, 2);
    expect(ids.toSorted((a, b) => a - b)).toEqual(all.flatMap((id) => [id, id]));
    expect(new Set(taken.flatMap((payload) => decode(payload).logEvents.map(({ id }) => id))).size).toBe(40);
  });
  it('reorders records', async () => {
    const { ids } = await runWith({ reorder: 1 }, 3);
    expect(ids).not.toEqual(all);
    expect(ids.toSorted((a, b) => a - b)).toEqual(all);
  });
  it('delays payloads past others', async () => {
    const { ids } = await runWith({ delay: 0.5 }, 4);
    expect(ids).not.toEqual(all);
    expect(ids.toSorted((a, b) => a - b)).toEqual(all);
  });
  it('loses records', async () => {
    const { ids, statistics } = await runWith({ lose: 0.3 }, 5);
    expect(ids.length).toBeLessThan(40);
    expect(statistics.lostOnPurpose).toBe(40 - ids.length);
  });
  it('truncates inputs', async () => {
    const { taken } = await runWith({ truncate: 1 }, 6);
    for (const { message } of taken.flatMap((payload) => decode(payload).logEvents))
      expect(message).toContain('"inputDetails":{"truncated":true}');
  });
  it('is the same for the same seed', async () => {
    const faults = { duplicate: 0.3, reorder: 0.3, delay: 0.3, lose: 0.1 };
    expect((await runWith(faults, 7)).ids).toEqual((await runWith(faults, 7)).ids);
  });

  it('accounts for every record, whatever faults and refusals there are', async () => {
    const probability = fc.constantFrom(0, 0.2, 1);
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          duplicate: probability,
          reorder: probability,
          delay: probability,
          truncate: probability,
          lose: fc.constantFrom(0, 0.2),
        }),
        fc.integer(),
        fc.array(fc.boolean(), { maxLength: 20 }),
        fc.integer({ min: 1, max: 30 }),
        async (faults, seed, refusals, count) => {
          const answers = [...refusals];
          const taken: SubscriptionPayload[] = [];
          const { delivery, time } = setUp({
            faults,
            random: seeded(seed),
            maxBatchRecords: 3,
            deliver: (payload) => {
              if (answers.shift() === true) return Promise.reject(new Error('refused'));
              taken.push(payload);
              return Promise.resolve();
            },
          });
          delivery.write(history(Array.from({ length: count }, (_, index) => index + 1)));
          await time.run(() => delivery.statistics().queued === 0);
          const { written, lostOnPurpose, lost, queued } = delivery.statistics();
          expect({ written, lost, queued }).toEqual({ written: count, lost: 0, queued: 0 });
          expect(new Set(idsOf(taken)).size).toBe(count - lostOnPurpose);
        },
      ),
      { numRuns: 60 },
    );
  });
});
