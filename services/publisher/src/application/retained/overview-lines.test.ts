import { describe, expect, it } from 'vitest';
import { OverviewEntry } from '@stepcast/contracts';
import { systemTimers as timers } from '@stepcast/kit';
import { createInMemoryJournal } from '../../testing/in-memory-journal.ts';
import { identity, sampleStream, uploadOf } from '../../testing/samples.ts';
import { OverviewLines } from './overview-lines.ts';
import { Overlap } from './overlap.ts';

const clock = { nowMs: () => 0 };
const KEY_LENGTH = 1_000;
const LINES = 500;
const IDENTITIES = 60;

/** As an upload with a long key has it. */
function lineOf(number: number): OverviewEntry {
  const stream = sampleStream(1, `file ${number}`);
  const time = '2026-11-03T10:15:30.000Z';
  return OverviewEntry.parse({
    uploadId: uploadOf(stream),
    position: { epoch: stream.epoch, offset: 1 },
    bucket: 'uploads',
    key: 'k'.repeat(KEY_LENGTH),
    status: 'running',
    percent: null,
    epochStartedAt: time,
    updatedAt: time,
  });
}

describe('the lines that handovers bring', () => {
  it('count against the bound in bytes: only the first of an identity did, and 60 MB were remembered where 32 MiB is the bound', () => {
    const overlap = new Overlap({ alone: true, overlapMs: 0, timers });
    const { journal } = createInMemoryJournal();
    const lines = new OverviewLines({ journal, overlap, clock });
    const all = Array.from({ length: LINES }, (_, index) => lineOf(index + 1));
    const [first] = all;
    if (first === undefined) throw new Error('no lines');
    for (let owner = 1; owner <= IDENTITIES; owner += 1)
      for (const line of all) lines.see(identity(owner), line);
    let remembered = 0;
    for (let owner = IDENTITIES; owner >= 1; owner -= 1)
      if (lines.see(identity(owner), first) !== undefined) remembered += 1;
    expect(remembered).toBeGreaterThan(0);
    // A character of a key is counted as two bytes.
    expect(remembered * LINES * 2 * KEY_LENGTH).toBeLessThan(32 * 1024 * 1024);
  });
});
