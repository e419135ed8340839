/**
 * Proves who owns an execution and keeps one ordered journal per upload. `createCorrelator` is the whole service on SQS,
 * DynamoDB and Step Functions; `createCorrelation` is the same without queues, on ports.
 */
export { createDynamoExecutionStore, createDynamoWatchList } from './adapters/dynamo-executions.adapter.ts';
export { createDynamoJournal } from './adapters/dynamo-journal.adapter.ts';
export { createDynamoTable, type Table } from './adapters/dynamo-table.ts';
export { createJournalTable } from './adapters/create-journal-table.ts';
export {
  createDynamoMachineStore,
  createDynamoUploadStore,
  createDynamoWaitingRoom,
} from './adapters/dynamo-uploads.adapter.ts';
export {
  createCorrelation,
  type Correlation,
  type CorrelationOptions,
  type CorrelationPorts,
} from './application/correlation.ts';
export type { MessageInHand } from './application/event-groups.ts';
export {
  BatchesPostponedError,
  createTakeMessages,
  type MessageParsers,
  type TakeBatches,
  type TakeMessages,
} from './application/take-messages.ts';
export { createQueueOutbox } from './adapters/queue-outbox.adapter.ts';
export {
  createCorrelator,
  createProgressQueueOutbox,
  type Correlator,
  type CorrelatorOptions,
} from './compose.ts';
export { createFeed, type FeedOptions } from './compose-feed.ts';
export {
  CORRELATOR_ENV,
  CORRELATION_NAMES,
  CorrelatorConfig,
  correlationFields,
  hasMachineToStart,
  hasInputsToRead,
  INPUTS_ARE_OURS,
  MACHINE_MISSING,
  readCorrelatorConfig,
} from './config.ts';
export type { StatusNotice, UploadNotice } from './domain/notices.ts';
export type { Passage, ProgressOutbox } from './ports/progress-outbox.port.ts';
export type { ReadinessCheck } from './readiness.ts';
export { DEFAULT_TIMES, type CorrelatorSettings } from './settings.ts';
