import { describe, expect, it } from 'vitest';
import { Epoch, IdentityId, uploadIdOf } from '@stepcast/contracts';
import type { StoredEntry } from '@stepcast/wire';
import { EntriesNotHeldError, memoryPorts } from './memory-ports.ts';

const stream = {
  identityId: IdentityId.parse('us-east-1:00000000-1111-2222-3333-444444444444'),
  uploadId: uploadIdOf('uploads', 'users/one/photo.png'),
  epoch: Epoch.parse('e1'),
};

const entryFrom = (firstOffset: number, snapshot?: StoredEntry['snapshot']): StoredEntry => ({
  firstOffset,
  lastOffset: firstOffset + 4,
  source: 'stepcast',
  events: '[]',
  truncated: false,
  snapshot,
  cursor: undefined,
});

describe.each([true, false])('the journal in memory, holdsEntries %s', (holdsEntries) => {
  it('refuses an entry whose place is taken', async () => {
    const { journal } = memoryPorts({ holdsEntries });
    expect(await journal.append(stream, entryFrom(1))).toBe('written');
    expect(await journal.append(stream, entryFrom(1))).toBe('taken');
    expect(await journal.append(stream, entryFrom(6))).toBe('written');
    expect(await journal.append(stream, entryFrom(1))).toBe('taken');
  });

  it('has nothing of a stream that has not begun', async () => {
    expect(await memoryPorts({ holdsEntries }).journal.tail(stream)).toEqual([]);
  });
});

describe('reading a stream of the journal in memory', () => {
  it('gives the entries from the newest snapshot on', async () => {
    const { journal } = memoryPorts({ holdsEntries: true });
    const withSnapshot = entryFrom(6, { state: '{}', checkpoint: '{}' });
    for (const entry of [entryFrom(1), withSnapshot, entryFrom(11)]) await journal.append(stream, entry);
    expect(await journal.tail(stream)).toEqual([withSnapshot, entryFrom(11)]);
  });

  it('fails where entries were not held, instead of saying that there are none', async () => {
    const { journal } = memoryPorts({ holdsEntries: false });
    await journal.append(stream, entryFrom(1));
    await expect(journal.tail(stream)).rejects.toThrow(EntriesNotHeldError);
  });
});
