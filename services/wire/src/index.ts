/**
 * What Stepcast's services and infrastructure say to one another and nobody else hears: bodies of queue messages, items
 * of the journal table, dead letters, and names that deployment writes and services read. The public contract is
 * `@stepcast/contracts`.
 */
export * from './cloudwatch-metrics.ts';
export * from './dead-letters/codes.ts';
export * from './dead-letters/dead-letter.ts';
export * from './dead-letters/dead-letters.ts';
export * from './dead-letters/queue-text.ts';
export * from './inputs/configured-paths.ts';
export * from './inputs/evidence.ts';
export * from './inputs/input-evidence.ts';
export * from './inputs/objects.ts';
export * from './inputs/schemas.ts';
export * from './journal/correlation-items.ts';
export * from './journal/handover.ts';
export * from './journal/journal-items.ts';
export * from './journal/limits.ts';
export * from './journal/render.ts';
export * from './journal/render-state.ts';
export * from './deployment-names.ts';
export * from './names.ts';
export * from './records/cut-record.ts';
export * from './records/execution-record.ts';
export * from './records/history-event-types.ts';
export * from './records/input-path.ts';
export * from './records/jmespath.ts';
export * from './records/jmespath-projector.ts';
export * from './records/log-record.ts';
export { parseRecordBatch } from './records/parse-record-batch.ts';
export * from './records/record-batches.ts';
export * from './records/report-batch.ts';
export * from './records/report-line.ts';
export * from './records/summarise-error.ts';
export * from './records/value-schema.ts';
export * from './schemas/compile-schema.ts';
export * from './schemas/json-place.ts';
export * from './status-rule.ts';
export * from './tracing/trace-ids.ts';
