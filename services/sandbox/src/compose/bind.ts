import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StepcastError } from '@stepcast/kit';

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
}

/**
 * Binds before anything else starts, so that everything can be told its address, and a port in use is found out at once.
 * Until an application takes the requests they are answered 503.
 * @throws PortUnavailableError
 */
export async function bind(host: string, port: number): Promise<BoundServer> {
  const server = createServer({ keepAliveTimeout: IDLE_CONNECTION_MS }, (_request, response) => {
    response.writeHead(503, { 'retry-after': '1' }).end('starting');
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (error: NodeJS.ErrnoException) => {
    reject(new PortUnavailableError(host, port, { cause: error, reason: error.code ?? error.message }));
  });
  server.listen(port, host, resolve);
  await promise;
  return { server, port: portOf(server.address()) };
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
