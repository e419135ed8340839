/** Execution logs of Step Functions, the subscription filter that hands them on, and the API by which they are read. */
export { createLogDelivery } from './log-delivery.ts';
export type * from './log-delivery-options.ts';
export { LogStore } from './log-store.ts';
export { logGroupName } from './stream.ts';
export { createLogsService } from './logs-service.ts';
export { MAX_LOGGED_DATA_BYTES, logMessageOf, type RecordOptions } from './record.ts';
export type * from './types.ts';
