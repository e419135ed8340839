import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { assertProperty } from '../testing/property-runs.ts';
import { randomHistory } from '../testing/random-history.ts';
import { advanceOf, META } from '../testing/stream-input.ts';
import { advanceStream, newHead } from './stream.ts';

describe('journal entries', () => {
  it('hold events that follow on without a hole, as many as the offsets say', async () => {
    await assertProperty(
      'entries',
      100,
      fc.property(fc.integer(), (seed) => {
        const { entries } = advanceStream(newHead(META), advanceOf(randomHistory(seed).records));
        const offsets = entries.flatMap((entry) => entry.body.events.map((event) => Number(event.offset)));
        expect(offsets).toEqual(offsets.map((_offset, index) => index + 1));
        for (const { firstOffset, body } of entries) {
          expect(body.events[0]?.offset).toBe(firstOffset);
          expect(body.state.position.offset).toBe(body.events.at(-1)?.offset);
        }
      }),
    );
  });
});
