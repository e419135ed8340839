/** Execution logs of Step Functions and the subscription filter that hands them on. See `log-delivery.ts`. */
export { createLogDelivery } from './log-delivery.ts';
export type * from './log-delivery-options.ts';
export { MAX_LOGGED_DATA_BYTES, logMessageOf, type RecordOptions } from './record.ts';
export type * from './types.ts';
