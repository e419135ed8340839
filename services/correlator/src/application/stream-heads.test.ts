import { describe, expect, it } from 'vitest';
import { META } from '../testing/stream-input.ts';
import { nameOfStream, StreamHeads } from './stream-heads.ts';

const nothing = () => Promise.reject(new Error('nobody should ask'));
const journal = { tail: nothing, append: nothing, enrol: nothing, addLine: nothing };
const name = nameOfStream(META);

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
});
