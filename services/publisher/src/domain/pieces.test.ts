import { describe, expect, it } from '@jest/globals';
import { Offset, type ProgressEvent } from '@stepcast/contracts';
import fc from 'fast-check';
import { sampleEvent, sampleHandover, sampleStream, uploadOf } from '../testing/samples.ts';
import { firstOffset, lastOffset, mergePieces, offsetProblem, planPiece, type Piece } from './pieces.ts';

const stream = sampleStream();

function piece(first: number, last: number, more: Partial<Piece> = {}): Piece {
  const events: ProgressEvent[] = [];
  for (let offset = first; offset <= last; offset += 1) events.push(sampleEvent(offset));
  return {
    identityId: stream.identityId,
    uploadId: uploadOf(stream),
    epoch: stream.epoch,
    epochStartedAt: stream.epochStartedAt,
    replay: false,
    source: 'stepcast',
    subject: 's3://uploads/a',
    events,
    ...more,
  };
}

const offsetsOf = (one: Piece) => one.events.map(({ offset }) => Number(offset));

describe('planning a piece', () => {
  it('publishes what it knows nothing against', () => {
    expect(planPiece(undefined, piece(7, 9), { redelivered: false })).toMatchObject({ kind: 'publish' });
  });

  it('asks for what is missing before it', () => {
    expect(planPiece(3, piece(7, 9), { redelivered: false })).toEqual({ kind: 'gap', from: 4, to: 6 });
    expect(planPiece(3, piece(7, 9), { redelivered: true })).toEqual({ kind: 'gap', from: 4, to: 6 });
  });

  it('knows a duplicate, and publishes an old piece again only when it was redelivered or replayed', () => {
    expect(planPiece(9, piece(7, 9), { redelivered: false })).toEqual({ kind: 'duplicate' });
    expect(planPiece(9, piece(7, 9), { redelivered: true })).toMatchObject({ kind: 'publish' });
    expect(planPiece(9, piece(7, 9, { replay: true }), { redelivered: false })).toMatchObject({
      kind: 'publish',
    });
  });

  it('cuts off what was published already', () => {
    const plan = planPiece(8, piece(7, 10), { redelivered: false });
    expect(plan.kind === 'publish' && offsetsOf(plan.piece)).toEqual([9, 10]);
  });
});

describe('merging pieces', () => {
  it('keeps offsets contiguous and complete, whatever pieces wait, and never passes the limit', () => {
    const pieces = fc.array(
      fc.record({
        length: fc.integer({ min: 1, max: 5 }),
        skip: fc.integer({ min: 0, max: 8 }).map((value) => (value > 6 ? value - 6 : 0)),
        source: fc.constantFrom('a', 'a', 'a', 'b'),
        replay: fc.integer({ min: 0, max: 9 }).map((value) => value === 0),
      }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(pieces, fc.integer({ min: 100, max: 2_000 }), (shapes, maxBytes) => {
        let next = 1;
        const waiting = shapes.map(({ length, skip, source, replay }) => {
          const first = next + skip;
          next = first + length;
          return piece(first, next - 1, { source, replay });
        });
        const published: number[] = [];
        let rest = waiting;
        while (rest.length > 0) {
          const [head, ...tail] = rest;
          if (head === undefined) break;
          const { merged, count } = mergePieces([head, ...tail], maxBytes);
          const offsets = offsetsOf(merged);
          expect(offsets).toEqual(offsets.map((_unused, index) => firstOffset(merged) + index));
          if (count > 1) expect(JSON.stringify(merged.events).length).toBeLessThanOrEqual(maxBytes);
          expect(new Set(rest.slice(0, count).map(({ source, replay }) => `${source}${replay}`)).size).toBe(
            1,
          );
          published.push(...offsets);
          rest = rest.slice(count);
        }
        expect(published).toEqual(waiting.flatMap(offsetsOf));
      }),
    );
  });

  it('takes everything that continues and fits', () => {
    const { merged, count } = mergePieces([piece(1, 2), piece(3, 3), piece(4, 9)], 10_000);
    expect(count).toBe(3);
    expect([firstOffset(merged), lastOffset(merged)]).toEqual([1, 9]);
  });
});

describe('offsets of a handover', () => {
  it('must be as many as the range says, and rise by one', () => {
    const { progress } = sampleHandover(stream, 4, 6);
    expect(offsetProblem(progress)).toBeUndefined();
    expect(offsetProblem({ ...progress, lastOffset: Offset.parse(7) })).toContain('3 events');
    const swapped = [sampleEvent(4), sampleEvent(6), sampleEvent(5)];
    expect(offsetProblem({ ...progress, events: swapped })).toContain('events.1.offset');
  });
});
