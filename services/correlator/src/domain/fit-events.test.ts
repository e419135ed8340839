import { describe, expect, it } from 'vitest';
import { ProgressEvent } from '@stepcast/contracts';
import fc from 'fast-check';
import { ARN } from '../testing/stream-input.ts';
import type { EventDraft } from './execution-fold.ts';
import { renderWithin } from './fit-events.ts';

const draft = (more: Partial<EventDraft> = {}): EventDraft => ({
  kind: 'stepFailed',
  time: '2026-11-03T10:15:30.000Z',
  executionArn: ARN,
  step: { name: 'T', type: 'Task' },
  ...more,
});
const large = { projections: { text: 'x'.repeat(2_000) } };
const error = { name: 'Boom', message: 'm'.repeat(200) };

describe('the events of one record', () => {
  it('are rendered whole where they fit, each with its offset and what was measured', () => {
    const { events, texts, bytes, truncated } = renderWithin(
      [draft({ error }), draft(large)],
      7,
      { percent: 40, etaSeconds: 3 },
      10_000,
    );
    expect(texts.map((text) => ProgressEvent.parse(JSON.parse(text)))).toEqual(events);
    expect(events).toEqual([
      { offset: 7, ...draft({ error }), percent: 40, etaSeconds: 3 },
      { offset: 8, ...draft(large), percent: 40, etaSeconds: 3 },
    ]);
    expect([bytes, truncated]).toEqual([texts.join(',').length + 1, false]);
  });

  it('lose their projections first, then the messages of their errors', () => {
    const all = [draft({ error, ...large }), draft({ error })];
    const without = renderWithin(all, 1, {}, 1_500);
    expect(without.events).toEqual([
      { offset: 1, ...draft({ error }) },
      { offset: 2, ...draft({ error }) },
    ]);
    const short = renderWithin(all, 1, {}, 500);
    expect(short.events.map((event) => event.error)).toEqual([{ name: 'Boom' }, { name: 'Boom' }]);
    expect([without.truncated, short.truncated]).toEqual([true, true]);
  });

  it('are as many as have room, and the last, when nothing else is left to lose', () => {
    const all = [...Array.from({ length: 20 }, () => draft()), draft({ kind: 'executionFailed' })];
    const { events, bytes, truncated } = renderWithin(all, 1, {}, 1_000);
    expect(events.length).toBeGreaterThan(2);
    expect(events.length).toBeLessThan(20);
    expect(events.map(({ offset }) => offset)).toEqual(events.map((_event, index) => index + 1));
    expect(events.at(-1)?.kind).toBe('executionFailed');
    expect(bytes).toBeLessThanOrEqual(1_000);
    expect(truncated).toBe(true);
  });

  it('never take more than they may, whatever characters they are made of, and say when something is left out', () => {
    const anyDraft = fc.record({
      text: fc.option(fc.string({ unit: 'binary', maxLength: 400 }), { nil: undefined }),
      message: fc.option(fc.string({ unit: 'binary', maxLength: 256 }), { nil: undefined }),
      name: fc.string({ unit: 'grapheme', maxLength: 20 }),
    });
    fc.assert(
      fc.property(
        fc.array(anyDraft, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 800, max: 6_000 }),
        (all, maxBytes) => {
          const drafts = all.map(({ text, message, name }) =>
            draft({
              step: { name, type: 'Task' },
              ...(message === undefined ? {} : { error: { name: 'E', message } }),
              ...(text === undefined ? {} : { projections: { text } }),
            }),
          );
          const { events, texts, bytes, truncated } = renderWithin(drafts, 1, {}, maxBytes);
          expect(Buffer.byteLength(texts.join(',')) + 1).toBe(bytes);
          expect(bytes).toBeLessThanOrEqual(maxBytes);
          const whole = drafts.map((one, index) => ({ offset: index + 1, ...one }));
          expect(truncated).toBe(JSON.stringify(events) !== JSON.stringify(whole));
        },
      ),
    );
  });
});
