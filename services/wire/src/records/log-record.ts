import { ExecutionArn, isExecutionArn, isObject, type ParseResult } from '@stepcast/contracts';
import * as z from 'zod';
import { compileSchema } from '../schemas/compile-schema.ts';

/** Numbers stand as decimal text in log records; a number is accepted too. */
const digits = z.string().regex(/^\d{1,15}$/, 'expected a whole number as text');
const Digits = z.union([digits, z.number().int().min(0)]);

/**
 * A Step Functions log record as it is written; unknown keys are tolerated. `redrive_count` is missing before
 * November 2023.
 */
export const WrittenLogRecord = z.looseObject({
  id: z.union([digits.regex(/[1-9]/, 'expected at least 1'), z.number().int().min(1)]),
  type: z.string().min(1),
  details: z.unknown(),
  previous_event_id: Digits,
  event_timestamp: Digits,
  execution_arn: ExecutionArn,
  redrive_count: Digits.optional(),
});
type WrittenLogRecord = z.infer<typeof WrittenLogRecord>;

/** A whole number without leading zeros. A regular expression takes three times as long. */
function areDigits(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > 15) return false;
  if (value.startsWith('0')) return value.length === 1;
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    if (code < ZERO || code > NINE) return false;
  }
  return value !== '';
}
const [ZERO, NINE] = [48, 57];

/** The ARN checked last: most records follow one of the same execution. */
let lastArn: ExecutionArn | undefined;

function isArn(value: unknown): value is ExecutionArn {
  if (value !== undefined && value === lastArn) return true;
  if (!isExecutionArn(value)) return false;
  lastArn = value;
  return true;
}

/** A record as Step Functions writes it. The compiled check goes through all its properties, this one knows which are read. */
function isUsual(value: unknown): value is WrittenLogRecord {
  return (
    isObject(value) &&
    value.id !== '0' &&
    areDigits(value.id) &&
    typeof value.type === 'string' &&
    value.type !== '' &&
    areDigits(value.previous_event_id) &&
    areDigits(value.event_timestamp) &&
    (value.redrive_count === undefined || areDigits(value.redrive_count)) &&
    isArn(value.execution_arn) &&
    // Something that may be anything must be there.
    value.details !== undefined &&
    !Object.hasOwn(value, '__proto__')
  );
}

export const compiledLogRecord = compileSchema(WrittenLogRecord, isUsual);

/** A Step Functions log record with its numbers read. */
export interface LogRecord {
  readonly id: number;
  readonly type: string;
  readonly details: unknown;
  readonly previousEventId: number;
  readonly timestampMs: number;
  readonly executionArn: ExecutionArn;
  readonly redriveCount: number;
}

/** Reads one log record. A refusal says what is wrong with which field of {@link WrittenLogRecord}. */
export function parseLogRecord(value: unknown): ParseResult<LogRecord> {
  const parsed = compiledLogRecord.parse(value);
  if (!parsed.ok) return parsed;
  const { id, type, details, previous_event_id, event_timestamp, execution_arn, redrive_count } =
    parsed.value;
  return {
    ok: true,
    value: {
      id: Number(id),
      type,
      details,
      previousEventId: Number(previous_event_id),
      timestampMs: Number(event_timestamp),
      executionArn: execution_arn,
      redriveCount: Number(redrive_count ?? 0),
    },
  };
}
