import type { LogEvent } from './types.ts';

/** Inputs and outputs longer than this, counted as they are escaped in the record, are cut. Source: AWS. */
export const MAX_LOGGED_DATA_BYTES = 248 * 1024;

const dataFields = ['input', 'output', 'parameters'] as const;
/** Left out of a record without execution data. `parameters` is not documented; it is data, so it goes too. */
const excluded = new Set<string>([
  ...dataFields,
  'inputDetails',
  'outputDetails',
  'assignedVariables',
  'assignedVariablesDetails',
]);

export interface RecordOptions {
  readonly executionArn: string;
  readonly redriveCount: number;
  readonly includeExecutionData: boolean;
  /** Default {@link MAX_LOGGED_DATA_BYTES}. Lower only to have truncation on purpose. */
  readonly maxDataBytes?: number;
}

/**
 * The message that Step Functions writes for a history event: ids, time and redrive count as texts, details without their
 * wrapper, inputs and outputs as JSON text inside of the JSON text.
 */
export function logMessageOf(event: LogEvent, options: RecordOptions): string {
  return JSON.stringify({
    id: String(event.id),
    type: event.type,
    details: detailsOf(event, options),
    previous_event_id: String(event.previousEventId),
    event_timestamp: String(event.timestampMs),
    execution_arn: options.executionArn,
    redrive_count: String(options.redriveCount),
  });
}

function detailsOf(event: LogEvent, options: RecordOptions): Record<string, unknown> {
  const details: Record<string, unknown> = { ...event.details };
  if (!options.includeExecutionData)
    return Object.fromEntries(Object.entries(details).filter(([name]) => !excluded.has(name)));
  const limit = options.maxDataBytes ?? MAX_LOGGED_DATA_BYTES;
  for (const field of dataFields) {
    const text = details[field];
    if (typeof text !== 'string' || escapedBytes(text) <= limit) continue;
    details[field] = cut(text, limit);
    if (field !== 'parameters') details[`${field}Details`] = { truncated: true };
  }
  return details;
}

function escapedBytes(text: string): number {
  // Without the quotation marks around it.
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

/** The longest beginning of a text that fits, never half of a surrogate pair. */
function cut(text: string, maxBytes: number): string {
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (escapedBytes(text.slice(0, middle)) <= maxBytes) low = middle;
    else high = middle - 1;
  }
  const last = text.charCodeAt(low - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? low - 1 : low);
}
