import { describe, expect, it } from 'vitest';
import { Epoch, IdentityId, uploadIdOf } from '@stepcast/contracts';
import fc from 'fast-check';
import { compareSequencers, epochStart, newestEpoch, type KnownEpoch } from './upload-object.ts';

const one = IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f');

describe('versions', () => {
  const uploadId = uploadIdOf('b', 'k');
  const version = (epoch: string, epochStartedAt: string, sequencer: string | null): KnownEpoch => ({
    identityId: one,
    uploadId,
    epoch: Epoch.parse(epoch),
    epochStartedAt,
    sequencer,
  });

  it('are ordered by sequencer as padded hexadecimal, whatever its case and length', () => {
    expect(compareSequencers('0055AED6DCD90281E5', '55aed6dcd90281e6')).toBe(-1);
    expect(compareSequencers('F', 'A0')).toBe(-1);
    expect(compareSequencers('00ab', 'AB')).toBe(0);
    expect(compareSequencers('10', 'f')).toBe(1);
  });

  it('begin in the order of their sequencers, also within one second and in whatever order they are heard of', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 0xffff }), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        (numbers, sameSecond) => {
          const known: KnownEpoch[] = [];
          for (const number of numbers) {
            const createdMs = 1_793_700_929_000 + (sameSecond ? 0 : number * 1_000);
            const sequencer = number.toString(16);
            known.push(version(`e${number}`, epochStart(known, createdMs, sequencer), sequencer));
          }
          const bySequencer = known.toSorted((a, b) =>
            compareSequencers(a.sequencer ?? '', b.sequencer ?? ''),
          );
          expect(newestEpoch(known)).toBe(bySequencer.at(-1));
        },
      ),
    );
  });

  it('have one newest, whatever the order of the list, also where two began in the same millisecond', () => {
    // It used to be the last of the list, or the first, since the comparator called neither of two such versions older.
    const at = new Date(1_793_700_929_000).toISOString();
    const known = ['a', 'b', 'c'].map((epoch) => version(epoch, at, null));
    fc.assert(
      fc.property(fc.shuffledSubarray(known, { minLength: known.length }), (listed) => {
        expect(newestEpoch(listed)?.epoch).toBe('c');
      }),
    );
  });

  it('keep a little room from the one before or after them, and lie midway between two', () => {
    const ms = 1_793_700_929_000;
    const iso = (time: number) => new Date(time).toISOString();
    const [first, last] = [version('a', iso(ms), '10'), version('b', iso(ms + 1_000), '30')];
    expect(epochStart([first], ms, '20')).toBe(iso(ms + 100));
    expect(epochStart([first], ms - 5, '20')).toBe(iso(ms + 100));
    expect(epochStart([last], ms + 1_000, '20')).toBe(iso(ms + 900));
    expect(epochStart([first, last], ms, '20')).toBe(iso(ms + 500));
    expect(epochStart([first, last], ms + 1_000, '20')).toBe(iso(ms + 500));
    expect(epochStart([first, last], ms + 1, '20')).toBe(iso(ms + 1));
    expect(epochStart([first, last], ms + 999, '20')).toBe(iso(ms + 999));
  });

  it('begin when their event says where one of two has no sequencer, or it is the same', () => {
    const ms = 1_793_700_929_000;
    const start = new Date(ms).toISOString();
    expect(epochStart([version('a', start, null)], ms, '20')).toBe(start);
    expect(epochStart([version('a', start, '10')], ms, null)).toBe(start);
    expect(epochStart([version('a', start, '20')], ms, '20')).toBe(start);
  });

  it('begin when their event says, where nothing says otherwise', () => {
    expect(epochStart([], 1_793_700_929_000, null)).toBe(new Date(1_793_700_929_000).toISOString());
    expect(newestEpoch([])).toBeUndefined();
  });
});
