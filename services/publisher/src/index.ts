/**
 * From the journal to MQTT topics: in order, within the limits of the broker, acknowledged only after PUBACK.
 *
 * `createPublisher` wires the whole service of its adapters; `createPublisherCore` is the service without them.
 */
export { createPublisher, type Publisher, type PublisherDependencies, type QueueReading } from './compose.ts';
export {
  addPublisherChecks,
  createPublisherCoreOnAws,
  type PublisherCoreOnAws,
  type PublisherCoreOnAwsOptions,
  type PublishingConfig,
} from './compose-core.ts';
export {
  PUBLISHER_ENV,
  PUBLISHING_NAMES,
  publishingFields,
  readPublisherConfig,
  type PublisherConfig,
} from './config.ts';
export { IOT_CORE_LIMITS, NO_LIMITS, type BrokerLimits } from './limits.ts';
export { DEFAULT_CATCH_UP_LIMITS, type CatchUpLimits } from './application/catch-up/catch-up-service.ts';
export {
  HandoverOverdueError,
  PublisherStoppedError,
  type Acceptance,
} from './application/live/acceptance.ts';
export {
  createPublisherCore,
  PUBLISHER_PARTS,
  type PublisherCore,
  type PublisherCoreOptions,
  type PublisherPart,
} from './application/publisher-core.ts';
export { LATE_UNTIL_MS } from './application/retained/overlap.ts';
export { createPublisherMetrics, type PublisherMetrics } from './application/publisher-metrics.ts';
export { createEcsCopies, type EcsCopiesOptions } from './adapters/ecs-copies.adapter.ts';
export { createBrokerPublisher, isIotCore } from './adapters/broker.ts';
export { createDynamoDbJournal, type DynamoDbJournalOptions } from './adapters/dynamodb-journal.adapter.ts';
export { createMqttPublisher, type MqttPublisherOptions } from './adapters/mqtt/mqtt.adapter.ts';
export * from './ports/copies.port.ts';
export * from './ports/journal.port.ts';
export * from './ports/mqtt-publisher.port.ts';
export * from './ports/progress-queue.port.ts';
