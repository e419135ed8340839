import { fastify, type FastifyInstance } from 'fastify';
import type { Metrics } from './metrics.ts';

/** What `/healthz` answers. */
export interface Health {
  readonly healthy: boolean;
  /** What is wrong, by part; empty when healthy. */
  readonly problems: Readonly<Record<string, string>>;
}

/**
 * The HTTP server that every service has: `GET /healthz` (200 or 503) and `GET /metrics`. A service adds its own routes
 * before `listen`. `close` ends open connections.
 */
export function createHttpServer(options: {
  readonly health: () => Health;
  readonly metrics: Metrics;
  readonly bodyLimitBytes?: number;
}): FastifyInstance {
  const server = fastify({
    logger: false,
    bodyLimit: options.bodyLimitBytes ?? 1024 * 1024,
    forceCloseConnections: true,
  });
  server.get('/healthz', async (_request, reply) => {
    const health = options.health();
    await reply.code(health.healthy ? 200 : 503).send(health);
  });
  server.get('/metrics', async (_request, reply) => {
    await reply.type('text/plain; version=0.0.4').send(await options.metrics.text());
  });
  return server;
}
