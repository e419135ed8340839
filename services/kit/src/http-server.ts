import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { fastify, type FastifyInstance } from 'fastify';
import { createHealthChecks, type CheckResult, type HealthChecks } from './health/health-checks.ts';
import { limitHttpServer, SERVICE_HTTP_LIMITS, type HttpLimits } from './http-limits.ts';
import type { Metrics } from './metrics.ts';

/** How a service is, as a whole. */
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
 * The HTTP server that every service has: `GET /livez` and `GET /readyz` (200 or 503, with a {@link HealthReport}),
 * `GET /healthz` (the same as `/readyz`) and `GET /metrics`. A service adds its own routes before `listen`. `close` ends
 * open connections.
 */
export function createHttpServer(options: {
  /** Becomes the readiness check `service`. */
  readonly health?: () => Health;
  /** Default ones of its own, which know the event loop and `health` only. */
  readonly checks?: HealthChecks;
  readonly metrics: Pick<Metrics, 'text'>;
  readonly bodyLimitBytes?: number;
  /** The answer to a request with more headers than Node reads (16 KB); 431 by default. Asked once per such request. */
  readonly headersTooLarge?: () => FixedAnswer;
  /** Default {@link SERVICE_HTTP_LIMITS}. */
  readonly limits?: HttpLimits;
}): FastifyInstance {
  const limits = options.limits ?? SERVICE_HTTP_LIMITS;
  const server = fastify({
    logger: false,
    bodyLimit: options.bodyLimitBytes ?? 1024 * 1024,
    forceCloseConnections: true,
    http: { connectionsCheckingInterval: limits.checkMs },
    clientErrorHandler(error, socket) {
      if (error.code === 'ECONNRESET' || !socket.writable) {
        socket.destroy();
        return;
      }
      answerAndClose(socket, answerTo(error.code, options.headersTooLarge));
    },
  });
  limitHttpServer(server.server, limits);
  const checks = options.checks ?? createHealthChecks();
  const { health } = options;
  if (health !== undefined) checks.addCheck('service', () => checkResultOf(health()));
  if (options.checks === undefined)
    server.addHook('onClose', (_server, done) => {
      checks.close();
      done();
    });
  // The paths are LIVE_PATH, READY_PATH and HEALTH_PATH of wire, which this package may not import.
  server.get('/livez', async (_request, reply) => {
    const report = checks.live();
    await reply.code(report.ok ? 200 : 503).send(report);
  });
  for (const path of ['/readyz', '/healthz'])
    server.get(path, async (_request, reply) => {
      const report = await checks.ready();
      await reply.code(report.ok ? 200 : 503).send(report);
    });
  server.get('/metrics', async (_request, reply) => {
    await reply.type('text/plain; version=0.0.4').send(await options.metrics.text());
  });
  return server;
}

function checkResultOf({ healthy, problems }: Health): CheckResult {
  if (healthy) return { ok: true };
  const reasons = Object.entries(problems).map(([part, problem]) => `${part}: ${problem}`);
  return { ok: false, reason: reasons.join('; ') };
}

/** The answer to a client that breaks the rules of HTTP. */
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
