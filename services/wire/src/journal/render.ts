import { queueText } from '../dead-letters/queue-text.ts';

/**
 * JSON text that may stand unchanged in an SQS message, a journal item and an MQTT message. It has no line break, and
 * U+FFFE and U+FFFF are escaped.
 */
export const renderJson: (value: unknown) => string = queueText;

/** The text of a JSON object with one more member at its end. @param value JSON text */
export function withMember(object: string, name: string, value: string): string {
  return `${object.slice(0, -1)},"${name}":${value}}`;
}

/** A CloudEvents message around data that is JSON text already. */
export function messageText(
  head: {
    readonly id: string;
    readonly type: string;
    readonly time: string;
    readonly source: string;
    readonly subject?: string;
  },
  data: string,
): string {
  const { id, type, time, source, subject } = head;
  const envelope = renderJson({
    specversion: '1.0',
    id,
    type,
    time,
    source,
    subject,
    datacontenttype: 'application/json',
  });
  return withMember(envelope, 'data', data);
}
