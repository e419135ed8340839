import type { Visit } from '../domain/execution-fold.ts';

/** A visit of a Task that has just begun, unless said. */
export function visitOf(id: number, lane: number, more: Partial<Visit> = {}): Visit {
  return {
    id,
    lane,
    name: `V${id}`,
    type: 'Task',
    attempt: 1,
    enteredMs: 0,
    failure: null,
    closed: false,
    fanOut: null,
    iterations: null,
    nextReport: 1,
    reported: null,
    ...more,
  };
}
