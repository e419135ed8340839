import type { MqttMessage } from '../../ports/mqtt-publisher.port.ts';
import type { PublishJob } from './publish-job.ts';

/** A prepared message, until the broker has answered. */
export interface Ticket {
  readonly job: PublishJob;
  message: MqttMessage;
  bytes: number;
  sentAtMs: number;
  /** Ends of the connection in a row during which it was in flight. */
  closes: number;
  /** Those of them in which it alone was in flight, on a connection that had worked. */
  soloCloses: number;
  transientRefusals: number;
}

/** Prepares a job. `undefined`: there is nothing to send any more. */
export function ticketOf(job: PublishJob): Ticket | undefined {
  const message = job.prepare();
  if (message === undefined) return undefined;
  const bytes = bytesOf(message);
  return { job, message, bytes, sentAtMs: 0, closes: 0, soloCloses: 0, transientRefusals: 0 };
}

/** Gives a ticket its message anew. What is known of the one before holds on: it may be the one that ends connections. */
export function replaceMessage(ticket: Ticket, message: MqttMessage): void {
  ticket.message = message;
  ticket.bytes = bytesOf(message);
}

function bytesOf({ payload, topic }: MqttMessage): number {
  return payload.length + topic.length;
}
