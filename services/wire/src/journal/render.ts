import type { ProgressEvent } from '@stepcast/contracts';
import { queueText } from '../dead-letters/queue-text.ts';

/**
 * JSON text that may stand unchanged in an SQS message, a journal item and an MQTT message. It has no line break, and
 * U+FFFE and U+FFFF are escaped.
 */
export const renderJson: (value: unknown) => string = queueText;

/** The events of an entry as the JSON array that stands unchanged in the journal, the handover and every message. */
export function renderEvents(events: readonly ProgressEvent[]): string {
  return renderJson(events);
}
