import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { limitHttpServer, StepcastError, type HttpLimits } from '@stepcast/kit';
import { refuseUpgrade } from '../core/index.ts';

/** The port is taken, or may not be had. */
export class PortUnavailableError extends StepcastError {
  readonly code = 'SANDBOX_PORT_UNAVAILABLE';
  readonly retryable = false;
  constructor(host: string, port: number, options: ErrorOptions & { readonly reason: string }) {
    super(
      options.reason === 'EADDRINUSE'
        ? `port ${port} on ${host} is in use: stop what listens there, or choose another with PORT=${port + 1} npm start`
        : `cannot listen on ${host}:${port} (${options.reason}): choose another with HOST and PORT`,
      options,
    );
  }
}

/**
 * How long a connection may idle: Fastify's default, as the services' servers have it. By Node's default a client that
 * pauses for six seconds may lose its next request with ECONNRESET.
 */
const IDLE_CONNECTION_MS = 72_000;

export interface BoundServer {
  readonly server: Server;
  readonly port: number;
  /** From now on the application takes requests and upgrades. */
  readonly open: (application: Application) => void;
}

/** Who takes what comes in once everything has started. */
export interface Application {
  readonly request: (request: IncomingMessage, response: ServerResponse) => void;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** Uploads take long, and calls that wait for messages are silent for 20 seconds. */
export const SANDBOX_HTTP_LIMITS: HttpLimits = {
  headersMs: 10_000,
  requestMs: 300_000,
  idleMs: IDLE_CONNECTION_MS + 5_000,
  keepAliveMs: IDLE_CONNECTION_MS,
  connections: 4_096,
  checkMs: 1_000,
};

/**
 * Binds before anything else starts, so that every part can be configured with its address, and a port in use is found out at once.
 * Until `open` requests are answered 503, and upgrades are refused: an application that is not ready yet cannot take them.
 * @throws PortUnavailableError
 */
export async function bind(host: string, port: number, limits = SANDBOX_HTTP_LIMITS): Promise<BoundServer> {
  const starting = (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(503, { 'retry-after': '1', connection: 'close' }).end('starting');
  };
  const notYet = (_request: IncomingMessage, socket: Duplex) => {
    refuseUpgrade(socket, 503, 'The sandbox is starting.');
  };
  const server = createServer({ connectionsCheckingInterval: limits.checkMs }, starting);
  server.on('upgrade', notYet);
  limitHttpServer(server, limits);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (error: NodeJS.ErrnoException) => {
    reject(new PortUnavailableError(host, port, { cause: error, reason: error.code ?? error.message }));
  });
  server.listen(port, host, resolve);
  await promise;
  return {
    server,
    port: portOf(server.address()),
    open({ request, upgrade }) {
      server.off('request', starting).on('request', request);
      server.off('upgrade', notYet).on('upgrade', upgrade);
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port');
  return address.port;
}

/** Ends every connection and frees the port. */
export async function unbind(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  server.closeAllConnections();
  await closed;
}
