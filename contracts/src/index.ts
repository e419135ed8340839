/**
 * Topics, messages and names of Stepcast: the single source for infrastructure, services, clients and integrators.
 *
 * Topics are built and parsed in `topics.ts`, messages are zod schemas with inferred types, names that cross the border
 * between infrastructure and runtime are in `names.ts`. Nothing here does I/O.
 */
export * from './catch-up.ts';
export * from './dead-letter.ts';
export * from './digest.ts';
export * from './execution-record.ts';
export * from './fold.ts';
export * from './handover.ts';
export * from './identifiers.ts';
export * from './journal-items.ts';
export * from './json.ts';
export * from './key-template.ts';
export * from './messages.ts';
export * from './names.ts';
export * from './progress.ts';
export * from './provisioning.ts';
export * from './records/cut-record.ts';
export * from './records/history-event-types.ts';
export * from './records/parse-record-batch.ts';
export * from './records/queue-text.ts';
export * from './records/summarise-error.ts';
export * from './state.ts';
export * from './topics.ts';
export * from './upload.ts';
