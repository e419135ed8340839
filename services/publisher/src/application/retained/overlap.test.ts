import { describe, expect, it } from 'vitest';
import type { Journal } from '../../ports/journal.port.ts';
import { createFakeBroker } from '../../testing/fake-broker.ts';
import { createInMemoryJournal } from '../../testing/in-memory-journal.ts';
import { stateTopic } from '../../testing/published.ts';
import { sampleHandover, sampleStream } from '../../testing/samples.ts';
import { createTestCore } from '../../testing/test-core.ts';
import { createVirtualTime, type VirtualTime } from '../../testing/virtual-time.ts';
import { LATEST_ARRIVAL_MS } from './overlap.ts';

const OVERLAP_MS = 120_000;
const UPLOADS = 200;
const READ_MS = 50;

/** A journal whose reads take a while, and how many of them were under way at most. */
function slowJournal(journal: Journal, time: VirtualTime) {
  let underWay = 0;
  let most = 0;
  const slow = async <T>(read: () => Promise<T>): Promise<T> => {
    underWay += 1;
    most = Math.max(most, underWay);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    time.timers.after(READ_MS, () => {
      resolve(undefined);
    });
    await promise;
    underWay -= 1;
    return read();
  };
  const reads: Journal = {
    newestEpoch: (...of) => slow(() => journal.newestEpoch(...of)),
    newestFirstOffset: (...of) => slow(() => journal.newestFirstOffset(...of)),
    sinceSnapshot: (...of) => slow(() => journal.sinceSnapshot(...of)),
    entriesFrom: (...of) => journal.entriesFrom(...of),
    lines: (...of) => slow(() => journal.lines(...of)),
  };
  return { most: () => most, reads };
}

/**
 * A publisher that is alone, and has published an end of each upload during its overlap.
 * @param setAheadMs so far the system's time is set ahead after the start
 */
async function setUp(setAheadMs = 0) {
  const time = createVirtualTime();
  let aheadMs = 0;
  const broker = createFakeBroker();
  const inMemory = createInMemoryJournal();
  const { most, reads } = slowJournal(inMemory.journal, time);
  const core = createTestCore({
    broker,
    clock: { nowMs: () => time.nowMs() + aheadMs },
    timers: time.timers,
    journal: inMemory,
    overrides: { overlapMs: OVERLAP_MS, journal: reads },
  });
  core.start();
  aheadMs = setAheadMs;
  const streams = Array.from({ length: UPLOADS }, (_unused, index) => sampleStream(index + 1));
  for (const stream of streams) {
    core.hand(sampleHandover(stream, 1, 3, { status: 'succeeded' }));
    await time.advance(READ_MS);
  }
  const topics = new Set(streams.map(stateTopic));
  const states = () => broker.received.filter(({ topic }) => topics.has(topic)).map(({ topic }) => topic);
  return { time, core, repeated: () => states().slice(UPLOADS), mostReads: most };
}

describe('the topics of the overlap', () => {
  it('are repeated a few at a time: with 40,000 reads at once an engine in 1,024 MiB ran out of memory', async () => {
    const { time, core, repeated, mostReads } = await setUp();
    await time.advance(OVERLAP_MS + LATEST_ARRIVAL_MS);
    await time.advance(UPLOADS * READ_MS);
    expect(repeated()).toHaveLength(UPLOADS);
    expect(new Set(repeated()).size).toBe(UPLOADS);
    expect(mostReads()).toBeLessThanOrEqual(20);
    await core.stop({ force: true });
  });

  it('are repeated as late where the time of the system is set ahead after the start: the overlap ended with that, and nothing was repeated', async () => {
    const { time, core, repeated } = await setUp(600_000);
    await time.advance(OVERLAP_MS + LATEST_ARRIVAL_MS - UPLOADS * READ_MS - 1);
    expect(repeated()).toEqual([]);
    await time.advance(1 + UPLOADS * READ_MS);
    expect(repeated()).toHaveLength(UPLOADS);
    await core.stop({ force: true });
  });

  it.each([false, true])(
    'are not repeated any more once the publisher stops, by force: %s',
    async (force) => {
      const { time, core, repeated } = await setUp();
      await time.advance(OVERLAP_MS + LATEST_ARRIVAL_MS - UPLOADS * READ_MS);
      await time.advanceUntil(() => repeated().length > 20);
      let isStopped = false;
      void core.stop({ force }).then(() => (isStopped = true));
      await time.advanceUntil(() => isStopped);
      const before = repeated().length;
      await time.advance(UPLOADS * READ_MS);
      expect(before).toBeLessThan(60);
      expect(repeated()).toHaveLength(before);
    },
  );
});
