/** CloudWatch Logs subscription payloads to the events queue. `main.ts` is the container, `lambda.ts` the function. */
export type { Forwarder, ForwardReport } from './application/forward-payload.ts';
export {
  createDirectForwarder,
  createForwarder,
  type DirectForwarderOptions,
  type ForwarderOptions,
} from './compose.ts';
export {
  DEFAULT_PAYLOAD_BOUNDS,
  FORWARDER_ENV,
  ForwarderConfig,
  forwarderConfigFromEnvironment,
  payloadFields,
  PROJECTIONS_VARIABLE,
} from './config.ts';
export { ForwarderPayloadError } from './errors.ts';
export type { ExecutionRecords } from './domain/plan-messages.ts';
export type { BatchTaker } from './ports/batch-taker.port.ts';
export { isToken } from './adapters/token.ts';
export { createPayloadRoom, type NoRoom, type PayloadRoom, type PayloadRoomOptions } from './payload-room.ts';
export { createForwarderServer, registerAwslogsRoute, type AwslogsRouteOptions } from './server.ts';
export { createLambdaHandler, type KinesisResult, type LambdaResult } from './lambda-handler.ts';
