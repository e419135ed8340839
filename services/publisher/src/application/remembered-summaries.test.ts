import { describe, expect, it } from '@jest/globals';
import type { OverviewEntry } from '@stepcast/contracts';
import { ManualTime } from '@stepcast/kit/testing';
import fc from 'fast-check';
import type { UploadSummaries } from '../ports/journal.port.ts';
import { summaryOf } from '../domain/positions.ts';
import { createInMemoryJournal } from '../testing/in-memory-journal.ts';
import { identity, sampleState, sampleStream } from '../testing/samples.ts';
import { rememberSummaries } from './remembered-summaries.ts';

const OWNER = identity(1);

const lineOf = (upload: number, offset: number): OverviewEntry =>
  summaryOf(sampleState(sampleStream(1, `photo ${upload}.png`), offset));

const sorted = (entries: readonly OverviewEntry[]) =>
  entries.toSorted((one, other) => (one.uploadId < other.uploadId ? -1 : 1));

async function listOf(summaries: UploadSummaries) {
  return sorted((await summaries.readAll(OWNER)).entries);
}

function createBench(options: { readonly alone: boolean }) {
  const time = new ManualTime();
  const memory = createInMemoryJournal();
  const summaries = rememberSummaries(memory.summaries, { alone: options.alone, clock: time });
  return { time, memory, summaries };
}

describe('remembered summaries', () => {
  it('are what is in the table, whatever was written and whatever failed', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('write'), upload: fc.nat(25), offset: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ kind: fc.constantFrom('read', 'fail', 'pass'), upload: fc.nat(3), offset: fc.constant(0) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { time, memory, summaries } = createBench({ alone: true });
        await time.advance(121_000);
        for (const { kind, upload, offset } of steps) {
          if (kind === 'write') await summaries.write(OWNER, lineOf(upload, offset)).catch(() => undefined);
          else if (kind === 'fail') memory.fail(1);
          else if (kind === 'pass') await time.advance(upload * 25_000);
          else {
            await summaries.readAll(OWNER).catch(() => undefined);
            memory.fail(0);
            expect(await listOf(summaries)).toEqual(await listOf(memory.summaries));
          }
        }
      }),
    );
  });

  it('cost one read while lines are written again and again', async () => {
    const { time, memory, summaries } = createBench({ alone: true });
    await time.advance(121_000);
    for (let offset = 1; offset <= 20; offset += 1) {
      await summaries.write(OWNER, lineOf(1, offset));
      expect(await listOf(summaries)).toEqual([lineOf(1, offset)]);
    }
    expect(memory.calls).toBe(21);
  });

  it.each([
    ['several copies run', { alone: false }, 121_000],
    ['the publisher has just started, and another may be ending', { alone: true }, 60_000],
  ])('are none when %s: what somebody else writes is seen at once', async (_name, options, runsMs) => {
    const { time, memory, summaries } = createBench(options);
    await time.advance(runsMs);
    await summaries.write(OWNER, lineOf(1, 1));
    await listOf(summaries);
    await memory.summaries.write(OWNER, lineOf(2, 1));
    expect(await listOf(summaries)).toEqual(sorted([lineOf(1, 1), lineOf(2, 1)]));
  });

  it('are read again after a minute, and when a write finds that somebody else wrote', async () => {
    const { time, memory, summaries } = createBench({ alone: true });
    await time.advance(121_000);
    await listOf(summaries);
    await memory.summaries.write(OWNER, lineOf(2, 5));
    expect(await listOf(summaries)).toEqual([]);
    await time.advance(60_000);
    expect(await listOf(summaries)).toEqual([lineOf(2, 5)]);
    await memory.summaries.write(OWNER, lineOf(3, 5));
    expect(await summaries.write(OWNER, lineOf(2, 4))).toBe('newerExists');
    expect(await listOf(summaries)).toEqual(sorted([lineOf(2, 5), lineOf(3, 5)]));
    expect(await summaries.read(OWNER, lineOf(3, 5).uploadId)).toEqual(lineOf(3, 5));
  });
});
