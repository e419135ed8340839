import { ExecutionArn, isExecutionArn, isObject, parseValue, type ParseResult } from '@stepcast/contracts';
import * as z from 'zod';

/** What CloudWatch Logs hands a Lambda function (CloudWatch Logs user guide, "Subscription filters"). */
export const LambdaEnvelope = z.object({ awslogs: z.object({ data: z.string().min(1) }) });

/** One payload after decompression. Empty strings occur in control messages. */
export const SubscriptionPayload = z.object({
  messageType: z.string(),
  logEvents: z.array(z.custom<{ readonly message: string }>(hasMessage, 'expected an object with a message')),
});

/** Checked by hand, as there is one for every log event. */
function hasMessage(value: unknown): boolean {
  return isObject(value) && typeof value.message === 'string';
}

/** Numbers stand as decimal text in log records. */
const digits = /^\d{1,15}$/;
const Digits = z.union([
  z.string().regex(digits, 'expected a whole number as text').transform(Number),
  z.number().int().min(0),
]);

/** A Step Functions log record; unknown keys are tolerated. `redrive_count` is missing before November 2023. */
export const LogRecord = z.object({
  id: Digits.refine((id) => id >= 1, 'expected at least 1'),
  type: z.string().min(1),
  details: z.unknown(),
  previous_event_id: Digits,
  event_timestamp: Digits,
  execution_arn: ExecutionArn,
  redrive_count: Digits.default(0),
});
export type LogRecord = z.infer<typeof LogRecord>;

function isDigits(value: unknown): value is string {
  return typeof value === 'string' && digits.test(value);
}

/** A record as Step Functions writes it; undefined for every other, right or wrong. */
function usualLogRecord(value: unknown): LogRecord | undefined {
  if (!isObject(value)) return undefined;
  const { id, type, details, previous_event_id, event_timestamp, execution_arn, redrive_count } = value;
  if (!isDigits(id) || !isDigits(previous_event_id) || !isDigits(event_timestamp)) return undefined;
  if (!isDigits(redrive_count) || !isExecutionArn(execution_arn)) return undefined;
  if (Number(id) < 1 || typeof type !== 'string' || type === '') return undefined;
  return {
    id: Number(id),
    type,
    details,
    previous_event_id: Number(previous_event_id),
    event_timestamp: Number(event_timestamp),
    execution_arn,
    redrive_count: Number(redrive_count),
  };
}

/**
 * What `parseValue(LogRecord, …)` says. Every log event comes through here, so the usual ones are recognised by hand,
 * many times faster than by the schema; the schema judges the others, and says what is wrong with them.
 */
export function parseLogRecord(value: unknown): ParseResult<LogRecord> {
  const usual = usualLogRecord(value);
  return usual === undefined ? parseValue(LogRecord, value) : { ok: true, value: usual };
}
