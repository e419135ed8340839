import { StateFailure } from '../failures.ts';
import type { TaskTimeoutError } from './limits.ts';

/** What a Retry or Catch asks for by name where a heartbeat is missed; histories say `States.Timeout` (recorded). */
const heartbeat = 'States.HeartbeatTimeout';

/** The failure that a time-out of a task is. */
export function failureOfTimeout(error: TaskTimeoutError): StateFailure {
  return new StateFailure('States.Timeout', undefined, true, error.missedHeartbeat ? heartbeat : undefined);
}
