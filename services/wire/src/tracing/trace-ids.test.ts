import { describe, expect, it } from 'vitest';
import { Epoch, UploadId } from '@stepcast/contracts';
import fc from 'fast-check';
import { isTraced, spanIdOf, traceIdOf, traceparentOf } from './trace-ids.ts';

const stream = fc.record({
  uploadId: fc.stringMatching(/^[a-z2-7]{26}$/).map((text) => UploadId.parse(text)),
  epoch: fc.stringMatching(/^[a-z2-7]{12}$/).map((text) => Epoch.parse(text)),
});

describe('IDs of traces and spans', () => {
  it('are as W3C Trace Context wants them', () => {
    fc.assert(
      fc.property(stream, fc.nat(), (one, offset) => {
        const traceId = traceIdOf(one);
        const traceparent = traceparentOf(traceId, spanIdOf(traceId, 'published', offset));
        expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
        expect(traceparent).not.toMatch(/-0+-/);
      }),
    );
  });

  it('never change: services of different releases make spans of the same trace', () => {
    const traceId = traceIdOf({
      uploadId: UploadId.parse('uiyprrn3y5bvzhpwhmiwbyub4q'),
      epoch: Epoch.parse('abcdefghijkl'),
    });
    expect(traceId).toBe('d8d521eb1c01eda2790853242d70217d');
    expect(spanIdOf(traceId, 'upload taken')).toBe('bd774219be2fd70e');
    expect(spanIdOf(traceId, 'handed over', 7)).toBe('bfc018e689f218fd');
  });

  it('differ between versions of one object, hops and entries', () => {
    fc.assert(
      fc.property(stream, stream, fc.nat(), fc.nat(), (one, other, first, second) => {
        fc.pre(one.epoch !== other.epoch && first !== second);
        const traceId = traceIdOf(one);
        expect(traceIdOf({ ...one, epoch: other.epoch })).not.toBe(traceId);
        const ids = [
          spanIdOf(traceId, 'upload taken'),
          spanIdOf(traceId, 'entry written', first),
          spanIdOf(traceId, 'entry written', second),
          spanIdOf(traceId, 'handed over', first),
        ];
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });

  it('are traced all, none, or about the share, and those of a share are among those of a larger one', () => {
    const ids = Array.from({ length: 4_000 }, (_unused, index) =>
      traceIdOf({
        uploadId: UploadId.parse('uiyprrn3y5bvzhpwhmiwbyub4q'),
        epoch: Epoch.parse(
          `epoch${index}`
            .replaceAll(/[0189]/g, 'a')
            .padEnd(12, 'z')
            .slice(0, 12),
        ),
      }),
    );
    const distinct = [...new Set(ids)];
    const traced = (share: number) => distinct.filter((id) => isTraced(id, share));
    expect(traced(1)).toHaveLength(distinct.length);
    expect(traced(0)).toEqual([]);
    expect(traced(0.5).length / distinct.length).toBeCloseTo(0.5, 1);
    expect(traced(0.25).every((id) => isTraced(id, 0.5))).toBe(true);
  });
});
