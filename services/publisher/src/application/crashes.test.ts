import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createFakeBroker } from '../testing/fake-broker.ts';
import { createInMemoryQueue } from '../testing/in-memory-queue.ts';
import { sampleHandover, sampleStream, type SampleStream } from '../testing/samples.ts';
import { createTestEngine } from '../testing/test-engine.ts';
import { createVirtualTime } from '../testing/virtual-time.ts';
import { offsetsOf, stateOf } from '../testing/published.ts';

describe('crashes', () => {
  it('at any moment lose no offset, and duplicates carry the same id', async () => {
    const plan = fc.record({
      crashes: fc.array(fc.record({ afterMs: fc.nat({ max: 700 }), lose: fc.boolean() }), { maxLength: 6 }),
      groups: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 12 }),
      perReceive: fc.constantFrom(1, 10),
      acknowledge: fc.nat({ max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ crashes, groups, perReceive, acknowledge }) => {
        const time = createVirtualTime();
        const broker = createFakeBroker();
        const queue = createInMemoryQueue({ perReceive });
        const streams = [sampleStream(1), sampleStream(2, 'b'), sampleStream(2, 'c')];
        let current = createTestEngine({ broker, clock: time, timers: time.timers, queue });
        const { journal } = current;
        const ends = new Map<SampleStream, number>();
        for (const [index, length] of groups.entries()) {
          const stream = streams[index % 3] ?? sampleStream();
          const first = (ends.get(stream) ?? 0) + 1;
          ends.set(stream, first + length - 1);
          const last = index >= groups.length - 3;
          current.hand(
            sampleHandover(stream, first, first + length - 1, { status: last ? 'failed' : 'running' }),
          );
        }
        current.engine.start();
        for (const { afterMs, lose } of crashes) {
          broker.hold(true);
          await time.advance(afterMs);
          broker.acknowledge(acknowledge);
          if (lose) broker.onPublish(() => 'loseThenClose');
          await time.settle();
          // The process is gone: nobody hears its acknowledgements, nobody answers its queue.
          queue.crash();
          await current.engine.stop({ force: true });
          broker.drop();
          broker.hold(false);
          broker.onPublish(() => 'take');
          current = createTestEngine({ broker, clock: time, timers: time.timers, queue, journal });
          current.engine.start();
        }
        await time.advanceUntil(() => queue.left === 0);
        for (const [stream, end] of ends) {
          const offsets = offsetsOf(broker, stream);
          expect([...new Set(offsets)]).toEqual(Array.from({ length: end }, (_unused, index) => index + 1));
          expect(stateOf(broker, stream)).toMatchObject({ status: 'failed', position: { offset: end } });
        }
        expect(current.deadLetters).toEqual([]);
        await current.engine.stop({ force: true });
      }),
      { numRuns: 120 },
    );
  });
});
