import type { OutlineState, StepState, WorkflowOutline } from '@stepcast/contracts';
import type { Places } from '../model/places.ts';
import { containerByTime } from '../model/tree-of-state.ts';
import type { ExecutionTrace, Scope } from '../model/trace.ts';

type Seen = { -readonly [Key in keyof OutlineState]: OutlineState[Key] };

/** An outline of the part of a workflow that has been seen, from its events. */
export function outlineOfTrace({ scope, edges }: ExecutionTrace): WorkflowOutline {
  const states = new Map<string, Seen>();
  const collect = ({ visits }: Scope, inside: string | undefined): void => {
    for (const visit of visits) {
      if (!states.has(visit.name))
        states.set(visit.name, {
          name: visit.name,
          type: visit.type,
          ...(inside === undefined ? {} : { inside }),
        });
      collect(visit.inner, visit.name);
      for (const lane of visit.lanes.values()) collect(lane, visit.name);
    }
  };
  collect(scope, undefined);
  const reached = new Set<string>();
  for (const { from, to, caught } of edges.values()) {
    const state = states.get(from);
    if (state === undefined || !states.has(to)) continue;
    if (caught) state.caught = [...(state.caught ?? []), to];
    else state.next = [...(state.next ?? []), to];
    reached.add(to);
  }
  for (const state of states.values()) if (!reached.has(state.name)) state.start = true;
  return { states: [...states.values()] };
}

/** The same from a state, which has steps by name only: those of one place follow one another in order of first entry. */
export function outlineOfSteps(steps: readonly StepState[], places: Places): WorkflowOutline {
  const states = new Map<string, Seen>();
  const types = new Map<string | undefined, StepState['type']>(steps.map(({ name, type }) => [name, type]));
  const lastIn = new Map<string | undefined, { readonly state: Seen; readonly step: StepState }>();
  for (const [index, step] of steps.entries()) {
    const inside = places.around(step.name)?.at(-1) ?? containerByTime(steps.slice(0, index), step);
    const state: Seen = { name: step.name, type: step.type, ...(inside === undefined ? {} : { inside }) };
    const before = lastIn.get(inside);
    // What began before the other had ended stands beside it; but not in a Map, whose iterations overlap.
    const follows =
      before !== undefined &&
      (types.get(inside) === 'Map' ||
        (before.step.endedAt !== null && before.step.endedAt <= step.startedAt));
    if (follows) before.state.next = [step.name];
    else state.start = true;
    states.set(step.name, state);
    lastIn.set(inside, { state, step });
  }
  return { states: [...states.values()] };
}
