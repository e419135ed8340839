import { describe, expect, it } from 'vitest';
import { Offset, type CatchUpRequest } from '@stepcast/contracts';
import { sampleStream } from '../testing/samples.ts';
import { planCatchUp } from './catch-up-plan.ts';

const stream = sampleStream(1);

describe('the catch-up plan', () => {
  it('covers every position', () => {
    const available = { epoch: stream.epoch, lastOffset: 5 };
    const at = (offset: number): CatchUpRequest['uploads'][number]['position'] => ({
      epoch: stream.epoch,
      offset: Offset.parse(offset),
    });
    expect(planCatchUp(at(5), available)).toEqual({ kind: 'upToDate' });
    expect(planCatchUp(at(2), available)).toEqual({ kind: 'events', from: 3, to: 5 });
    expect(planCatchUp(null, available)).toEqual({ kind: 'events', from: 1, to: 5 });
  });
});
