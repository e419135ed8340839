import type { ExecutionRecord } from '@stepcast/wire';
import { newHead, type StreamHead } from '../domain/stream-head.ts';
import { advanceStream, NO_HISTORY, type Advance } from '../domain/stream.ts';
import { advanceOf, eventsIn, META } from './stream-input.ts';

/** A stream of an Express execution whose gaps are given up at once. */
export function lossyStream(before: readonly ExecutionRecord[], more: Partial<Advance> = {}) {
  const head = newHead(META);
  advanceStream(head, advanceOf(before, { giveUp: NO_HISTORY, ...more }));
  /** What comes next, late or not. */
  const comes = (next: readonly ExecutionRecord[], also: Partial<Advance> = {}) => {
    const advanced = advanceStream(head, advanceOf(next, { ...more, giveUp: undefined, ...also }));
    const events = eventsIn(advanced.entries);
    return {
      events: events.map(({ kind, step }) => [kind, step?.name].join(' ').trim()),
      projections: events.map(({ projections }) => projections),
      became: advanced.records.map(({ record, became }) => `${record.id} ${became}`),
      durations: advanced.durations,
    };
  };
  return { head, comes };
}

/** The status of each step, by name. */
export const stepsOf = ({ head }: { readonly head: StreamHead }) =>
  Object.fromEntries(head.state.steps.map(({ name, status }) => [name, status]));
