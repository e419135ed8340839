/** Real implementations of every port in memory, with failure switches; histories to feed them with. */
export {
  ARN,
  arnOf,
  batchOf,
  BUCKET,
  createBench,
  IDENTITY,
  MACHINE_ARN,
  objectCreated,
  OTHER_IDENTITY,
} from './correlation-bench.ts';
export * from './failure-switch.ts';
export * from './in-memory-ports.ts';
export * from './random-history.ts';
export * from './seeded-random.ts';
export * from './shuffled-batches.ts';
export { cloudTrailFor, key as OBJECT_KEY, simpleRun, upload } from './situation.ts';
export { parseStatusMessage, parseUploadMessage } from '../adapters/queue-inputs.schema.ts';
