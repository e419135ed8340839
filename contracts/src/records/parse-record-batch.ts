import { RecordBatch, type ExecutionRecord, type RecordDetails } from '../execution-record.ts';
import { isExecutionArn } from '../identifiers.ts';
import { isObject, parseValue, readJson, type ParseResult } from '../json.ts';
import { isText, usualFields } from './usual-fields.ts';

/** Projections are rare and may be anything: records with one go through the schema. */
const detailChecks = {
  ...usualFields,
  inputMissing: (value) => value === 'excluded' || value === 'truncated' || value === 'tooLarge',
  childExecutionArn: isExecutionArn,
} satisfies Record<Exclude<keyof RecordDetails, 'projections'>, (value: unknown) => boolean>;
const detailCheck = new Map(Object.entries(detailChecks));

function isUsualDetails(value: unknown): value is RecordDetails {
  if (!isObject(value)) return false;
  for (const key of Object.keys(value)) if (detailCheck.get(key)?.(value[key]) !== true) return false;
  return true;
}

function isInteger(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= least;
}

function isUsualRecord(value: unknown): value is ExecutionRecord {
  return (
    isObject(value) &&
    Object.keys(value).length === 6 &&
    isInteger(value.id, 1) &&
    isText(value.type) &&
    value.type !== '' &&
    isInteger(value.previousEventId, 0) &&
    isInteger(value.timestampMs, Number.MIN_SAFE_INTEGER) &&
    isInteger(value.redriveCount, 0) &&
    isUsualDetails(value.details)
  );
}

/** Whether a value is, without a key more or less, what {@link RecordBatch} would make of it. */
function isUsualBatch(value: unknown): value is RecordBatch {
  return (
    isObject(value) &&
    Object.keys(value).length === 3 &&
    value.version === 1 &&
    isExecutionArn(value.executionArn) &&
    Array.isArray(value.records) &&
    value.records.length > 0 &&
    value.records.every(isUsualRecord)
  );
}

/**
 * Reads the body of a message on the events queue, with the result that `parseJson(RecordBatch, …)` has. Every record
 * comes through here, so what the forwarder writes is recognised by hand, a few times faster than by the schema;
 * the schema judges everything else, and says what is wrong with it.
 */
export function parseRecordBatch(body: string): ParseResult<RecordBatch> {
  const json = readJson(body);
  if (!json.ok) return json;
  return isUsualBatch(json.value) ? { ok: true, value: json.value } : parseValue(RecordBatch, json.value);
}
