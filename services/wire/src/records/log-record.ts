import { ExecutionArn, type ParseResult } from '@stepcast/contracts';
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

export const compiledLogRecord = compileSchema(WrittenLogRecord);

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
