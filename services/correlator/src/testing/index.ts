/** Real implementations of every port in memory, with failure switches; histories to feed them with. */
export { arnOf, batchOf, BUCKET, IDENTITY, MACHINE_ARN, objectCreated } from './correlation-bench.ts';
export * from './failure-switch.ts';
export * from './in-memory-ports.ts';
export * from './random-history.ts';
export * from './seeded-random.ts';
export * from './shuffled-batches.ts';
export { key as OBJECT_KEY, simpleRun } from './situation.ts';
export { parseStatusMessage, parseUploadMessage } from '../adapters/queue-inputs.schema.ts';
