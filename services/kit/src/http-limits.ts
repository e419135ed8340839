import type { Server } from 'node:http';

/** How long a server waits for its clients, and how many it has at a time. */
export interface HttpLimits {
  /** From the first byte of a request to the end of its headers. */
  readonly headersMs: number;
  /** From the first byte of a request to the end of its body. What is slower is answered with 408. */
  readonly requestMs: number;
  /** Without a byte in either direction, also while an answer is awaited. */
  readonly idleMs: number;
  /** Between two requests of a connection. Load balancers reuse a connection for 60 s: the server must not be the first. */
  readonly keepAliveMs: number;
  /** What is beyond is closed at once. */
  readonly connections: number;
  /** How often headers and requests are held against their limits. */
  readonly checkMs: number;
}

/** Of the services. An answer takes half a minute at most: the engine postpones what is slower. */
export const SERVICE_HTTP_LIMITS: HttpLimits = {
  headersMs: 10_000,
  requestMs: 30_000,
  idleMs: 60_000,
  keepAliveMs: 65_000,
  connections: 1_024,
  checkMs: 1_000,
};

/** Sets what can be set on a server that exists already; `checkMs` is an option of `createServer`. */
export function limitHttpServer(server: Server, limits: HttpLimits): void {
  server.headersTimeout = limits.headersMs;
  server.requestTimeout = limits.requestMs;
  server.keepAliveTimeout = limits.keepAliveMs;
  server.maxConnections = limits.connections;
  server.setTimeout(limits.idleMs);
}
