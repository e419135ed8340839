import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { fastify, type FastifyInstance } from 'fastify';
import type { Metrics } from './metrics.ts';

/** What `/healthz` answers. */
export interface Health {
  readonly healthy: boolean;
  /** What is wrong, by part; empty when healthy. */
  readonly problems: Readonly<Record<string, string>>;
}

/** An answer that needs no request. */
export interface FixedAnswer {
  readonly status: number;
  /** Sent as JSON. */
  readonly body: unknown;
}

/**
 * The HTTP server that every service has: `GET /healthz` (200 or 503) and `GET /metrics`. A service adds its own routes
 * before `listen`. `close` ends open connections.
 */
export function createHttpServer(options: {
  readonly health: () => Health;
  readonly metrics: Metrics;
  readonly bodyLimitBytes?: number;
  /** The answer to a request with more headers than Node reads (16 KB); 431 by default. Asked once per such request. */
  readonly headersTooLarge?: () => FixedAnswer;
}): FastifyInstance {
  const server = fastify({
    logger: false,
    bodyLimit: options.bodyLimitBytes ?? 1024 * 1024,
    forceCloseConnections: true,
    clientErrorHandler(error, socket) {
      if (error.code === 'ECONNRESET' || !socket.writable) {
        socket.destroy();
        return;
      }
      answerAndClose(socket, answerTo(error.code, options.headersTooLarge));
    },
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

/** What is told to whom does not speak HTTP as it should. */
function answerTo(code: string, headersTooLarge: (() => FixedAnswer) | undefined): FixedAnswer {
  const saying = (status: number): FixedAnswer => ({ status, body: { error: STATUS_CODES[status] } });
  if (code === 'HPE_HEADER_OVERFLOW') return headersTooLarge?.() ?? saying(431);
  return saying(code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400);
}

function answerAndClose(socket: Socket, { status, body }: FixedAnswer): void {
  const json = JSON.stringify(body);
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(json)}`,
      'connection: close',
      '',
      json,
    ].join('\r\n'),
  );
}
