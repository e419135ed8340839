import { describe, expect, it } from 'vitest';
import { Epoch, type StepState } from '@stepcast/contracts';
import { META } from '../testing/stream-input.ts';
import { nameOfStream, StreamHeads } from './stream-heads.ts';

const nothing = () => Promise.reject(new Error('nobody should ask'));
const journal = { tail: nothing, append: nothing, enrol: nothing, addLine: nothing };
const name = nameOfStream(META);

const stepNamed = (name: string): StepState => ({
  name,
  type: 'Task',
  status: 'running',
  attempt: 1,
  visits: 1,
  ended: 0,
  startedAt: '2026-11-03T10:15:30.000Z',
  endedAt: null,
});

/** A head in memory, where 4,000 bytes have room. */
function headInMemory() {
  const heads = new StreamHeads({ journal, maxBytes: 4_000 });
  heads.begin(META);
  const standing = heads.arrived(name);
  if (standing === undefined) throw new Error('no head');
  return { heads, standing };
}

describe('heads in memory', () => {
  it('are measured anew when a result has come, of which nothing was counted before', () => {
    const { heads, standing } = headInMemory();
    standing.head.state.result = { pages: 'x'.repeat(5_000) };
    heads.noteGrowth(standing, false);
    expect(heads.arrived(name)).toBeUndefined();
  });

  it('are not measured anew while result and parts stay as they are, until an entry has a snapshot', () => {
    const { heads, standing } = headInMemory();
    standing.head.state.result = { pages: 3 };
    heads.noteGrowth(standing, false);
    standing.head.state.key = 'x'.repeat(5_000);
    heads.noteGrowth(standing, false);
    expect(heads.arrived(name)).toBe(standing);
    heads.noteGrowth(standing, true);
    expect(heads.arrived(name)).toBeUndefined();
  });

  it('are bounded by bytes and not by number: 20,000 of workflows with 100 states once took 679 MB', () => {
    const maxBytes = 1024 * 1024;
    const heads = new StreamHeads({ journal, maxBytes });
    const all = Array.from({ length: 1_000 }, (_unused, index) => ({
      ...META,
      epoch: Epoch.parse(`e${index}`),
    }));
    let written = 0;
    for (const stream of all) {
      heads.begin(stream);
      const standing = heads.arrived(nameOfStream(stream));
      if (standing === undefined) throw new Error('no head');
      for (let state = 0; state < 100; state += 1) standing.head.state.steps.push(stepNamed(`State${state}`));
      written = JSON.stringify(standing.head.state).length;
      heads.noteGrowth(standing, false);
    }
    const left = all.filter((stream) => heads.arrived(nameOfStream(stream)) !== undefined);
    expect(left.length).toBeGreaterThan(10);
    expect(left.length * written).toBeLessThan(1.2 * maxBytes);
    expect(left).toEqual(all.slice(-left.length));
  });
});
