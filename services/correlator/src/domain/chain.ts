import type { ExecutionRecord } from '@stepcast/wire';
import type { Context, ExecutionFold, Lane, Visit } from './execution-fold.ts';

/** Open lanes of an execution at most. Beyond it the fold forgets the oldest, and their steps become `Unknown`. */
export const MAX_LANES = 1_000;
/** Contexts of recent records: enough for every open lane to have been overtaken several times. */
const MIN_RECENT = 16;
/** More of them no fold remembers. */
export const MAX_RECENT = 512;

/** The context of a record that others point to. Undefined when it was forgotten or never came. */
export function contextOf(fold: ExecutionFold, id: number): Context | undefined {
  if (id === 0) return { lane: 0, visit: fold.lanes.get(0)?.visit ?? null };
  const recent = fold.recent.get(id);
  if (recent !== undefined) return recent;
  if (fold.visits.has(id)) return { lane: fold.visits.get(id)?.lane ?? 0, visit: id };
  for (const visit of fold.visits.values()) {
    if (visit.fanOut === id) return { lane: visit.lane, visit: visit.id };
  }
  for (const lane of fold.lanes.values()) {
    if (lane.id === id || lane.tip === id) return { lane: lane.id, visit: lane.visit };
  }
  return undefined;
}

/** Notes where a record stands, and makes it its lane's newest. */
export function noteContext(fold: ExecutionFold, id: number, context: Context): void {
  fold.recent.delete(id);
  fold.recent.set(id, context);
  const lane = fold.lanes.get(context.lane);
  if (lane !== undefined && lane.tip < id) lane.tip = id;
  const limit = Math.min(MAX_RECENT, MIN_RECENT + 8 * fold.lanes.size);
  if (fold.recent.size <= limit) return;
  for (const oldest of fold.recent.keys()) {
    fold.recent.delete(oldest);
    if (fold.recent.size <= limit) return;
  }
}

/** The visits around a context, innermost first: its own, then the Map or Parallel around, and so on outward. */
export function* visitsAround(fold: ExecutionFold, context: Context): Generator<Visit> {
  let laneId = context.lane;
  if (context.visit !== null) {
    const own = fold.visits.get(context.visit);
    if (own !== undefined) {
      yield own;
      laneId = own.lane;
    }
  }
  for (;;) {
    const parent = fold.lanes.get(laneId)?.parent ?? null;
    const around: Visit | undefined = parent === null ? undefined : fold.visits.get(parent);
    if (around === undefined) return;
    yield around;
    laneId = around.lane;
  }
}

function onlyVisit(fold: ExecutionFold, wanted: (visit: Visit) => boolean): Visit | undefined {
  let only: Visit | undefined;
  for (const visit of fold.visits.values()) {
    if (!wanted(visit)) continue;
    if (only !== undefined) return undefined;
    only = visit;
  }
  return only;
}

/**
 * The visit that a record is about, by walking outward from what it points to: a `MapStateExited` points to the last
 * record inside the Map, so the walk jumps over everything inside to the Map itself. When what it points to was
 * forgotten, the visit is found by elimination if only one fits.
 */
export function visitFor(
  fold: ExecutionFold,
  record: ExecutionRecord,
  wanted: (visit: Visit) => boolean,
): Visit | undefined {
  const context = contextOf(fold, record.previousEventId);
  if (context !== undefined) {
    // Nearly always it is the innermost one, which needs no generator.
    const own = context.visit === null ? undefined : fold.visits.get(context.visit);
    if (own !== undefined && wanted(own)) return own;
    for (const visit of visitsAround(fold, context)) if (wanted(visit)) return visit;
  }
  return onlyVisit(fold, wanted);
}

/** Opens a thread of control inside a Map or Parallel. */
export function openLane(fold: ExecutionFold, lane: Lane): void {
  fold.lanes.set(lane.id, lane);
  forgetLanes(fold, MAX_LANES, lane.id);
}

/** Forgets the oldest lanes of more than `max`: never the execution's own, nor the one that is named. */
export function forgetLanes(fold: ExecutionFold, max: number, exceptId?: number): void {
  for (const id of fold.lanes.keys()) {
    if (fold.lanes.size <= max) return;
    if (id !== 0 && id !== exceptId) closeLane(fold, id);
  }
}

/** Ends a lane and all inside it. Records that point into it are from now on about the Map or Parallel around. */
export function closeLane(fold: ExecutionFold, laneId: number): void {
  const lane = fold.lanes.get(laneId);
  if (lane === undefined) return;
  for (const visit of fold.visits.values()) {
    if (visit.lane !== laneId) continue;
    closeLanesIn(fold, visit.id);
    fold.visits.delete(visit.id);
    fold.mapRuns.delete(visit.id);
  }
  fold.lanes.delete(laneId);
  const around = lane.parent === null ? undefined : fold.visits.get(lane.parent);
  for (const [id, context] of fold.recent) {
    if (context.lane !== laneId) continue;
    if (around === undefined) fold.recent.delete(id);
    else fold.recent.set(id, { lane: around.lane, visit: around.id });
  }
}

/** Ends every lane inside a Map or Parallel. */
export function closeLanesIn(fold: ExecutionFold, visitId: number): void {
  for (const lane of fold.lanes.values()) if (lane.parent === visitId) closeLane(fold, lane.id);
}

/** Whether a visit lies inside another, however deep. */
export function isInside(fold: ExecutionFold, visit: Visit, container: Visit): boolean {
  for (const around of visitsAround(fold, { lane: visit.lane, visit: null })) {
    if (around.id === container.id) return true;
  }
  return false;
}
