import type { WindowLimits } from '../domain/window-limiter.ts';
import type { MqttMessage } from '../ports/mqtt-publisher.port.ts';
import type { PublishJob } from './publish-job.ts';

/** Into how many parts the window of messages is cut. */
const PACE = 100;

/**
 * The same rate in small portions. A whole window's allowance spent at once, by one identity's burst, would have all
 * others wait for the rest of the window; in portions they wait for milliseconds. As many portions as fit a window hold
 * no more than its allowance.
 */
export function paceOf(maxPublishes: number, windowMs: number): WindowLimits {
  if (maxPublishes === Infinity) return { maxCount: Infinity, maxBytes: Infinity, windowMs };
  const maxCount = Math.max(1, Math.floor(maxPublishes / PACE));
  return { maxCount, maxBytes: Infinity, windowMs: (windowMs * maxCount) / maxPublishes };
}

/** A prepared message, until the broker has answered. */
export interface Ticket {
  readonly job: PublishJob;
  readonly message: MqttMessage;
  readonly bytes: number;
  sentAtMs: number;
  /** Ends of the connection in a row during which it was in flight. */
  closes: number;
  /** Those of them in which it alone was in flight, on a connection that had worked. */
  soloCloses: number;
  transientRefusals: number;
}
