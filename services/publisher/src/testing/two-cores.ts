import type { PublisherCoreOptions } from '../application/publisher-core.ts';
import { createFakeBroker } from './fake-broker.ts';
import { createInMemoryJournal } from './in-memory-journal.ts';
import { createTestCore } from './test-core.ts';
import { createVirtualTime } from './virtual-time.ts';

/**
 * Two publishers at one broker and one journal, started: copies of each other, or one that takes over from the other.
 * @param prefixes what the client IDs of the two begin with
 * @param overridesOf what each is set up with besides, by its index
 */
export function startTwoCores(
  prefixes: readonly [string, string],
  overridesOf: (index: number) => Partial<PublisherCoreOptions>,
) {
  const time = createVirtualTime();
  const broker = createFakeBroker();
  const journal = createInMemoryJournal();
  const start = (index: 0 | 1) => {
    const core = createTestCore({
      broker,
      clock: time,
      timers: time.timers,
      journal,
      overrides: { ...overridesOf(index), clientIdPrefix: prefixes[index] },
    });
    core.start();
    return core;
  };
  const cores = [start(0), start(1)] as const;
  return {
    time,
    broker,
    journal,
    cores,
    stop: async () => {
      for (const core of cores) await core.stop({ force: true });
    },
  };
}
