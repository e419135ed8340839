import { startPipeline } from '../pipeline.ts';
import type { Path } from './path.ts';

/** Our services in one process. */
export function startEngine(options: { readonly brokerUrl: string; readonly url: string }): Path {
  const pipeline = startPipeline({
    brokerUrl: options.brokerUrl,
    store: options.url === '' ? { kind: 'memory' } : { kind: 'dynamodb', endpoint: options.url },
    backlog: 2_000,
    pollers: 16,
    // As many as the ceiling has, and as many as IoT Core takes.
    connection: { maxUnacknowledged: 100 },
  });
  return {
    offer: (data) => pipeline.offer({ awslogs: { data } }),
    idle: () => pipeline.idle(),
    sent: () => ({ messages: pipeline.messages, bytes: 0, eventMessages: pipeline.messages }),
    lastAckMs: () => pipeline.lastEventsAckMs,
    stop: () => pipeline.stop(),
  };
}
