import { describe, expect, it } from '@jest/globals';
import type { OverviewEntry } from '@stepcast/contracts';
import { silentLogger } from '@stepcast/kit';
import { ManualTime } from '@stepcast/kit/testing';
import fc from 'fast-check';
import type { UploadSummaries } from '../ports/journal.port.ts';
import { summaryOf } from '../domain/positions.ts';
import { createInMemoryJournal } from '../testing/in-memory-journal.ts';
import { identity, sampleState, sampleStream } from '../testing/samples.ts';
import { createInsist } from './journal-access.ts';
import { rememberSummaries } from './remembered-summaries.ts';

const OWNER = identity(1);

const lineOf = (upload: number, offset: number): OverviewEntry =>
  summaryOf(sampleState(sampleStream(1, `photo ${upload}.png`), offset));

const sorted = (entries: readonly OverviewEntry[]) =>
  entries.toSorted((one, other) => (one.uploadId < other.uploadId ? -1 : 1));

async function listOf(summaries: Pick<UploadSummaries, 'readAll'>) {
  return sorted((await summaries.readAll(OWNER)).entries);
}

const OVERLAP_MS = 120_000;
const BEHIND_MS = 10_000;

function createBench(options: { readonly alone: boolean }) {
  const time = new ManualTime();
  const memory = createInMemoryJournal();
  const insist = createInsist({
    timers: time,
    random: () => 0,
    logger: silentLogger,
    signal: new AbortController().signal,
  });
  const remembered = rememberSummaries(memory.summaries, {
    alone: options.alone,
    overlapMs: OVERLAP_MS,
    clock: time,
    timers: time,
    insist,
    logger: silentLogger,
  });
  return { time, memory, ...remembered };
}

describe('remembered summaries', () => {
  it('are what is in the table or will be, and the table follows, whatever was written and whatever failed', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('write'), upload: fc.nat(25), offset: fc.integer({ min: 1, max: 9 }) }),
      fc.record({
        kind: fc.constantFrom('read', 'fail', 'pass', 'flush'),
        upload: fc.nat(3),
        offset: fc.constant(0),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { time, memory, overviews, others, flush } = createBench({ alone: true });
        await time.advance(OVERLAP_MS);
        const newest = new Map<number, OverviewEntry>();
        for (const { kind, upload, offset } of steps) {
          if (kind === 'write') {
            const line = lineOf(upload, offset);
            const result = await overviews.write(OWNER, line).catch(() => 'failed');
            if (result === 'written') newest.set(upload, line);
          } else if (kind === 'fail') memory.fail(1);
          else if (kind === 'pass') await time.advance(upload * 25_000);
          else if (kind === 'flush') {
            memory.fail(0);
            await flush();
            expect(await listOf(memory.summaries)).toEqual(sorted([...newest.values()]));
          } else {
            await overviews.readAll(OWNER).catch(() => undefined);
            memory.fail(0);
            expect(await listOf(overviews)).toEqual(sorted([...newest.values()]));
            expect(await listOf(others)).toEqual(sorted([...newest.values()]));
          }
        }
        memory.fail(0);
        await time.advance(BEHIND_MS);
        expect(await listOf(memory.summaries)).toEqual(sorted([...newest.values()]));
      }),
    );
  });

  it('cost one read, and one write every ten seconds, while an upload goes on', async () => {
    const { time, memory, overviews } = createBench({ alone: true });
    await time.advance(OVERLAP_MS);
    for (let offset = 1; offset <= 20; offset += 1) {
      await overviews.write(OWNER, lineOf(1, offset));
      expect(await listOf(overviews)).toEqual([lineOf(1, offset)]);
      await time.advance(1_000);
    }
    await time.advance(BEHIND_MS);
    // One read, the first line, and what was newest after each ten seconds.
    expect(memory.calls).toBe(4);
    expect(await listOf(memory.summaries)).toEqual([lineOf(1, 20)]);
  });

  it('are in the table at once when an upload ends, and never go back to what it was before', async () => {
    const { time, memory, overviews } = createBench({ alone: true });
    await time.advance(OVERLAP_MS);
    for (const offset of [1, 2]) {
      await overviews.write(OWNER, lineOf(1, offset));
      await listOf(overviews);
    }
    const end: OverviewEntry = { ...lineOf(1, 3), status: 'succeeded' };
    await overviews.write(OWNER, end);
    expect(await listOf(memory.summaries)).toEqual([end]);
    const { calls } = memory;
    await time.advance(BEHIND_MS);
    expect(memory.calls).toBe(calls);
    expect(await listOf(overviews)).toEqual([end]);
  });

  it.each([
    ['several copies run', { alone: false }, OVERLAP_MS],
    ['the publisher has just started, and another may be ending', { alone: true }, 60_000],
  ])('are none when %s: what somebody else writes is seen at once', async (_name, options, runsMs) => {
    const { time, memory, overviews } = createBench(options);
    await time.advance(runsMs);
    await overviews.write(OWNER, lineOf(1, 1));
    await listOf(overviews);
    await memory.summaries.write(OWNER, lineOf(2, 1));
    expect(await listOf(overviews)).toEqual(sorted([lineOf(1, 1), lineOf(2, 1)]));
  });

  it('are read again after a minute, and when a write finds that somebody else wrote', async () => {
    const { time, memory, overviews } = createBench({ alone: true });
    await time.advance(OVERLAP_MS);
    await listOf(overviews);
    await memory.summaries.write(OWNER, lineOf(2, 5));
    expect(await listOf(overviews)).toEqual([]);
    await time.advance(60_000);
    expect(await listOf(overviews)).toEqual([lineOf(2, 5)]);
    expect(await overviews.write(OWNER, lineOf(2, 4))).toBe('newerExists');
    await memory.summaries.write(OWNER, lineOf(3, 5));
    expect(await overviews.write(OWNER, lineOf(3, 4))).toBe('newerExists');
    expect(await listOf(overviews)).toEqual(sorted([lineOf(2, 5), lineOf(3, 5)]));
    expect(await overviews.read(OWNER, lineOf(3, 5).uploadId)).toEqual(lineOf(3, 5));
  });
});
