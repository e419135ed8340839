import { createPayloadRoom, DEFAULT_PAYLOAD_BOUNDS, registerAwslogsRoute } from '@stepcast/forwarder';
import type { Logger } from '@stepcast/kit';
import type { FastifyInstance } from 'fastify';

/**
 * Adds `POST /awslogs`, for payloads that somebody posts to the sandbox itself.
 * @param options.deliver takes a payload to the forwarder, inside or elsewhere
 */
export function addAwslogsDoor(
  app: FastifyInstance,
  options: {
    readonly token: string;
    readonly deliver: (payload: unknown) => Promise<unknown>;
    readonly logger: Logger;
  },
): Promise<void> {
  const { token, deliver, logger } = options;
  const room = createPayloadRoom({
    maxPayloads: DEFAULT_PAYLOAD_BOUNDS.maxPayloads,
    maxBytes: DEFAULT_PAYLOAD_BOUNDS.maxPayloadBytes,
    onNoRoom: (reason) => {
      logger.warn({ reason }, 'no room for a payload');
    },
  });
  return registerAwslogsRoute(app, {
    token,
    enter: (bytes) => room.enter(bytes),
    handle: (payload, leave) => deliver(payload).finally(leave),
    logger,
  });
}
