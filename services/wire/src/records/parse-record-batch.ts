import type { ParseResult } from '@stepcast/contracts';
import { compileSchema } from '../schemas/compile-schema.ts';
import { RecordBatch } from './execution-record.ts';

export const compiledRecordBatch = compileSchema(RecordBatch);

/** Reads the body of a message on the events queue, with the result that `parseJson(RecordBatch, …)` has. */
export function parseRecordBatch(body: string): ParseResult<RecordBatch> {
  return compiledRecordBatch.parseText(body);
}
