import { describe, expect, it } from 'vitest';
import type { Handover } from '@stepcast/wire';
import fc from 'fast-check';
import { createFakeBroker } from '../../testing/fake-broker.ts';
import { createInMemoryJournal } from '../../testing/in-memory-journal.ts';
import { createInMemoryQueue } from '../../testing/in-memory-queue.ts';
import { sampleHandover, sampleStream, type SampleStream } from '../../testing/samples.ts';
import { createTestCore } from '../../testing/test-core.ts';
import { createVirtualTime } from '../../testing/virtual-time.ts';
import { offsetsOf, stateOf } from '../../testing/published.ts';
import type { PublisherCore } from '../publisher-core.ts';

describe('crashes', () => {
  it('at any moment lose no offset, and duplicates carry the same id', { tags: ['few-cases'] }, async () => {
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
        let current = createTestCore({ broker, clock: time, timers: time.timers, queue });
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
        current.start();
        for (const { afterMs, lose } of crashes) {
          broker.hold(true);
          await time.advance(afterMs);
          broker.acknowledge(acknowledge);
          if (lose) broker.onPublish(() => 'loseThenClose');
          await time.settle();
          // The process is gone: nobody hears its acknowledgements, nobody answers its queue.
          queue.crash();
          await current.stop({ force: true });
          broker.drop();
          broker.hold(false);
          broker.onPublish(() => 'take');
          current = createTestCore({ broker, clock: time, timers: time.timers, queue, journal });
          current.start();
        }
        await time.advanceUntil(() => queue.left === 0);
        for (const [stream, end] of ends) {
          const offsets = offsetsOf(broker, stream);
          expect([...new Set(offsets)]).toEqual(Array.from({ length: end }, (_unused, index) => index + 1));
          expect(stateOf(broker, stream)).toMatchObject({ status: 'failed', position: { offset: end } });
        }
        expect(current.deadLetters).toEqual([]);
        await current.stop({ force: true });
      }),
    );
  });

  it('the entry written just before a crash reaches a subscriber that stayed connected', async () => {
    const time = createVirtualTime();
    const broker = createFakeBroker();
    const journal = createInMemoryJournal();
    const stream = sampleStream();
    const first = createTestCore({ broker, clock: time, timers: time.timers, journal });
    first.core.start();
    journal.append(sampleHandover(stream, 1, 1));
    await first.core.accept(sampleHandover(stream, 1, 1)).emitted;
    // Written, and the process ends before it hands the entry over.
    journal.append(sampleHandover(stream, 2, 2));
    await first.core.stop({ force: true });

    const next = createTestCore({ broker, clock: time, timers: time.timers, journal });
    next.core.start();
    await next.core.accept(sampleHandover(stream, 2, 2)).emitted;
    journal.append(sampleHandover(stream, 3, 3));
    await next.core.accept(sampleHandover(stream, 3, 3)).emitted;
    expect(offsetsOf(broker, stream)).toEqual([1, 2, 3]);
    await next.core.stop({ force: true });
  });

  it(
    'of correlator and publisher together lose no entry that was written, whenever they happen',
    { tags: ['few-cases'] },
    async () => {
      const plan = fc.record({
        crashes: fc.array(
          fc.record({ turns: fc.nat({ max: 60 }), acknowledge: fc.nat({ max: 3 }), lose: fc.boolean() }),
          { maxLength: 8 },
        ),
        lengths: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 10 }),
      });
      await fc.assert(
        fc.asyncProperty(plan, async ({ crashes, lengths }) => {
          const time = createVirtualTime();
          const broker = createFakeBroker();
          const journal = createInMemoryJournal();
          const streams = [sampleStream(1), sampleStream(2, 'b')];
          const written = new Map<SampleStream, Handover[]>(streams.map((stream) => [stream, []]));

          /** Writes as the correlator does: each entry after the one before was emitted, the newest once more at first. */
          async function correlate(core: PublisherCore, stream: SampleStream, alive: () => boolean) {
            const entries = written.get(stream) ?? [];
            const newest = entries.at(-1);
            if (newest !== undefined) await core.accept(newest).emitted;
            while (alive() && entries.length < lengths.length) {
              const from = (entries.at(-1)?.lastOffset ?? 0) + 1;
              const to = from + (lengths[entries.length] ?? 1) - 1;
              const status = entries.length === lengths.length - 1 ? 'succeeded' : 'running';
              const entry = sampleHandover(stream, from, to, { status });
              journal.append(entry);
              entries.push(entry);
              // The write takes a while, in which the process may end.
              await Promise.resolve();
              if (alive()) await core.accept(entry).emitted;
            }
          }
          function run() {
            const process = { alive: true };
            const { core } = createTestCore({ broker, clock: time, timers: time.timers, journal });
            core.start();
            const work = streams.map((stream) =>
              correlate(core, stream, () => process.alive).catch(() => undefined),
            );
            return { process, core, done: Promise.all(work) };
          }

          for (const { turns, acknowledge, lose } of crashes) {
            broker.hold(acknowledge > 0);
            if (lose) broker.onPublish(() => 'loseThenClose');
            const { process, core } = run();
            for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
            broker.acknowledge(acknowledge);
            process.alive = false;
            await core.stop({ force: true });
            broker.drop();
            broker.hold(false);
            broker.onPublish(() => 'take');
          }
          const { core, done } = run();
          let isDone = false;
          void done.then(() => core.stop({ force: false })).then(() => (isDone = true));
          await time.advanceUntil(() => isDone);
          for (const [stream, entries] of written) {
            const end = Number(entries.at(-1)?.lastOffset);
            const offsets = offsetsOf(broker, stream);
            expect([...new Set(offsets)]).toEqual(Array.from({ length: end }, (_unused, index) => index + 1));
            expect(stateOf(broker, stream)).toMatchObject({ status: 'succeeded', position: { offset: end } });
          }
        }),
      );
    },
  );
});
