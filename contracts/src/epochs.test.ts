import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { compareEpochs, type StartedEpoch } from './epochs.ts';
import { Epoch } from './identifiers.ts';

/** Few tokens and few moments, so that ties are common; one moment is spelled in two ways, one is no time. */
const epochs: fc.Arbitrary<StartedEpoch> = fc.record({
  epoch: fc.constantFrom('a', 'B', 'b', 'b2', '-', '_').map((token) => Epoch.parse(token)),
  epochStartedAt: fc.constantFrom(
    '2026-11-03T10:15:00Z',
    '2026-11-03T10:15:00.000Z',
    '2026-11-03T10:15:00.500Z',
    '2026-11-03T10:15:01.000Z',
    'no time',
    'no time either',
  ),
});
const same = (a: StartedEpoch, b: StartedEpoch) =>
  a.epoch === b.epoch &&
  (a.epochStartedAt === b.epochStartedAt ||
    Object.is(Date.parse(a.epochStartedAt), Date.parse(b.epochStartedAt)));

describe('which of two epochs is newer', () => {
  it('is the one that began later, whatever the tokens are and however the time is spelled', () => {
    const earlier = { epoch: Epoch.parse('z'), epochStartedAt: '2026-11-03T10:15:00Z' };
    const later = { epoch: Epoch.parse('a'), epochStartedAt: '2026-11-03T10:15:00.500Z' };
    expect(compareEpochs(earlier, later)).toBeLessThan(0);
    expect(compareEpochs(later, earlier)).toBeGreaterThan(0);
  });

  it('is the one with the larger token when both began in the same millisecond', () => {
    const at = '2026-11-03T10:15:00.000Z';
    const [small, large] = [Epoch.parse('a'), Epoch.parse('b')];
    expect(
      compareEpochs({ epoch: small, epochStartedAt: at }, { epoch: large, epochStartedAt: at }),
    ).toBeLessThan(0);
  });

  it('is answered the other way round when asked the other way round', () => {
    fc.assert(
      fc.property(epochs, epochs, (a, b) => {
        expect(Math.sign(compareEpochs(a, b))).toBe(0 - Math.sign(compareEpochs(b, a)));
      }),
    );
  });

  it('is neither only when they are the same epoch', () => {
    fc.assert(
      fc.property(epochs, epochs, (a, b) => {
        expect(compareEpochs(a, b) === 0).toBe(same(a, b));
      }),
    );
  });

  it('is transitive', () => {
    fc.assert(
      fc.property(epochs, epochs, epochs, (a, b, c) => {
        const [low, middle, high] = [a, b, c].toSorted(compareEpochs);
        expect(low && middle && compareEpochs(low, middle)).toBeLessThanOrEqual(0);
        expect(middle && high && compareEpochs(middle, high)).toBeLessThanOrEqual(0);
        expect(low && high && compareEpochs(low, high)).toBeLessThanOrEqual(0);
        if (compareEpochs(a, b) <= 0 && compareEpochs(b, c) <= 0)
          expect(compareEpochs(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
