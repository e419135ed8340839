/** Execution logs of Step Functions and the subscription filter that hands them on. See `log-delivery.ts`. */
export {
  createLogDelivery,
  type LogDelivery,
  type LogDeliveryOptions,
  type LogDeliveryStatistics,
  type LogProblem,
} from './log-delivery.ts';
export { MAX_LOGGED_DATA_BYTES, logMessageOf, type RecordOptions } from './record.ts';
export type * from './types.ts';
