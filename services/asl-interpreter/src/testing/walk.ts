import type { HistoryEvent } from '../types.ts';

/**
 * Reading a history by its previous ids alone, as the consumers of logs have to. The rules:
 *
 * 1. A work event (`Task*`, `LambdaFunction*`) is about the nearest `*StateEntered` before it.
 * 2. `*StateExited` carries its state's name and is about the nearest `*StateEntered` of that name.
 * 3. A scope that has ended is stepped over: from `Map|ParallelStateExited` and `Map|ParallelStateFailed` a walk goes on
 *    before that state's own `*StateEntered`, never through what was inside.
 * 4. `Map|ParallelStateFailed` has no name: its own `*StateEntered` is the first of its type on a walk by rule 3 from
 *    the event that failed.
 */
export function walker(events: readonly HistoryEvent[]) {
  const at = (id: number): HistoryEvent | undefined => events[id - 1];
  const before = (event: HistoryEvent): HistoryEvent | undefined => at(event.previousEventId);

  const endsScope = ({ type }: HistoryEvent): boolean => /^(Map|Parallel)State(Exited|Failed)$/.test(type);

  /** One step back by rule 3. */
  function stepBack(event: HistoryEvent): HistoryEvent | undefined {
    if (!endsScope(event)) return before(event);
    const entered = enteredOf(event);
    return entered === undefined ? undefined : before(entered);
  }

  function enteredOf(event: HistoryEvent): HistoryEvent | undefined {
    const { type } = event;
    if (type.endsWith('StateEntered')) return event;
    let current = before(event);
    if (type.endsWith('StateExited')) {
      while (
        current !== undefined &&
        !(current.type.endsWith('StateEntered') && current.details.name === event.details.name)
      )
        current = before(current);
      return current;
    }
    const wanted = /^(Map|Parallel)StateFailed$/.exec(type)?.[1] ?? '';
    while (current !== undefined && !current.type.endsWith(`${wanted}StateEntered`))
      current = stepBack(current);
    return current;
  }

  /** Indexes of the iterations around an event, the outermost first. */
  function iterationsOf(event: HistoryEvent): number[] {
    let current = enteredOf(event);
    const found: number[] = [];
    while (current !== undefined) {
      if (current.type === 'MapIterationStarted') {
        found.unshift(current.details.index ?? -1);
        // Out of this Map: on from its own beginning.
        const { name } = current.details;
        while (
          current !== undefined &&
          !(current.type === 'MapStateEntered' && current.details.name === name)
        )
          current = before(current);
        if (current === undefined) break;
      }
      current = stepBack(current);
    }
    return found;
  }

  return { enteredOf, iterationsOf };
}
