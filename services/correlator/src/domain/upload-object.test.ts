import { describe, expect, it } from '@jest/globals';
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

  it('begin when their event says, where nothing says otherwise', () => {
    expect(epochStart([], 1_793_700_929_000, null)).toBe(new Date(1_793_700_929_000).toISOString());
    expect(newestEpoch([])).toBeUndefined();
  });
});
