import { isOpen, isTroubled, type Scope, type Visit } from './trace.ts';

/** Iterations of one Map that are held with their steps. */
export const MAX_LANES = 400;
/** Visits of one workflow, branch or iteration that are held: a loop may go round for ever. */
export const MAX_VISITS = 400;

/**
 * Makes room for another iteration: one that went well goes first, then the oldest that has ended.
 * @returns false when all of them run
 */
export function makeRoomForLane(map: Visit, letGo: (lane: Scope) => void): boolean {
  if (map.lanes.size < MAX_LANES) return true;
  const ended = [...map.lanes].filter(([, lane]) => !lane.visits.some(isOpen));
  const gone = ended.find(([, lane]) => !lane.visits.some(isTroubled)) ?? ended[0];
  if (gone === undefined) return false;
  map.lanes.delete(gone[0]);
  map.lanesLetGo += 1;
  letGo(gone[1]);
  return true;
}

/** Makes room for another visit: the oldest that went well goes first, then the oldest. */
export function makeRoomForVisit(scope: Scope): Visit | undefined {
  if (scope.visits.length < MAX_VISITS) return undefined;
  const quiet = scope.visits.findIndex((visit) => !isOpen(visit) && !isTroubled(visit));
  const [gone] = scope.visits.splice(Math.max(0, quiet), 1);
  scope.visitsLetGo += 1;
  return gone;
}
