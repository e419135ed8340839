import type * as z from 'zod';
import type { LogStore } from './log-store.ts';
import { invalidParameter, type logsRequests } from './logs-requests.ts';
import { logEventId } from './stream.ts';

const HOUR_MS = 3_600_000;
const MAX_BYTES = 1_048_576;
/** What CloudWatch Logs counts for an event besides its message. */
const EVENT_OVERHEAD_BYTES = 26;

/**
 * Takes what a client puts, by the rules of `PutLogEvents`: in order of time, within 24 hours, no more than 1 MiB. What is older
 * than 14 days or the group's retention, or more than two hours ahead, is left out, and the answer says so.
 */
export function putLogEvents(
  store: LogStore,
  { logGroupName, logStreamName, logEvents }: z.output<typeof logsRequests.putLogEvents>,
  nowMs: number,
): object {
  const times = logEvents.map(({ timestamp }) => timestamp);
  if (times.some((time, index) => time < (times[index - 1] ?? 0)))
    throw invalidParameter('Log events in a single PutLogEvents request must be in chronological order.');
  if ((times.at(-1) ?? 0) - (times[0] ?? 0) > 24 * HOUR_MS)
    throw invalidParameter(
      'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.',
    );
  const bytes = logEvents.reduce(
    (sum, { message }) => sum + Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES,
    0,
  );
  if (bytes > MAX_BYTES) throw invalidParameter('Upload too large: the batch exceeds 1048576 bytes.');
  const expired = countBefore(
    times,
    nowMs - (store.group(logGroupName)?.retentionInDays ?? Infinity) * 24 * HOUR_MS,
  );
  const tooOld = countBefore(times, nowMs - 14 * 24 * HOUR_MS);
  const tooNew = countBefore(times, nowMs + 2 * HOUR_MS);
  store.append(
    logGroupName,
    logStreamName,
    logEvents.slice(Math.max(expired, tooOld), tooNew).map(({ timestamp, message }, index) => ({
      id: logEventId(timestamp, store.nextNumber() + index),
      timestamp,
      message,
    })),
  );
  const rejectedLogEventsInfo = {
    ...(tooNew < times.length ? { tooNewLogEventStartIndex: tooNew } : {}),
    ...(tooOld > 0 ? { tooOldLogEventEndIndex: tooOld } : {}),
    ...(expired > 0 ? { expiredLogEventEndIndex: expired } : {}),
  };
  return Object.keys(rejectedLogEventsInfo).length === 0 ? {} : { rejectedLogEventsInfo };
}

/** How many of the times, which are in order, lie before one. */
function countBefore(times: readonly number[], limit: number): number {
  const at = times.findIndex((time) => time >= limit);
  return at < 0 ? times.length : at;
}
