/** CloudWatch Logs subscription payloads to the events queue. `main.ts` is the container, `lambda.ts` the function. */
export type { Forwarder, ForwardReport } from './application/forward-payload.ts';
export { createForwarder, type ForwarderOptions } from './compose.ts';
export { ForwarderConfig, forwarderConfigFromEnvironment, PROJECTIONS_VARIABLE } from './config.ts';
export { ForwarderPayloadError } from './errors.ts';
export { createForwarderServer, registerAwslogsRoute, type AwslogsRouteOptions } from './server.ts';
