/** What tests of this service and of those that use it lean on. The conformance suites are in `./conformance.ts`. */
export * from './dynalite-table.ts';
export * from './fault-proxy.ts';
export * from './in-memory-journal.ts';
export * from './in-memory-queue.ts';
export * from './fake-broker.ts';
export * from './limit-broker.ts';
export * from './mosquitto.ts';
export * from './samples.ts';
export * from './test-cloud.ts';
export * from './test-core.ts';
export * from './virtual-time.ts';
