import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { addressPort } from './address-port.ts';

/** What an AWS endpoint does to its callers while it is ill. */
export type HttpFault =
  /** Takes requests and never answers; they do not reach the service. */
  | { readonly kind: 'silent' }
  /** Requests are carried out, but the answers are lost: the connection is reset in their place. */
  | { readonly kind: 'answersLost' }
  /** Connections are reset. */
  | { readonly kind: 'refusing' }
  /** Answers with the error of an endpoint that is asked too much. */
  | { readonly kind: 'throttling' }
  /** Passes requests on late. */
  | { readonly kind: 'slow'; readonly delayMs: number };

/** An AWS JSON error, as the endpoint words its throttling. */
export interface ThrottlingAnswer {
  readonly status: number;
  readonly type: string;
}

/** Stands in front of one endpoint of the sandbox. */
export interface HttpFaultProxy {
  readonly port: number;
  /** Requests that a fault befell so far. */
  readonly hit: number;
  /** Undefined heals. Requests that hang in a silent endpoint are reset then. */
  set(fault: HttpFault | undefined): void;
  close(): Promise<void>;
}

/**
 * @param target port of the sandbox on this machine
 * @param throttling what the endpoint answers while it throttles
 */
export async function startHttpFaultProxy(options: {
  readonly targetPort: number;
  readonly throttling: ThrottlingAnswer;
}): Promise<HttpFaultProxy> {
  const { targetPort, throttling } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: 512 });
  const sockets = new Set<Socket>();
  const hanging = new Set<Socket>();
  let fault: HttpFault | undefined;
  let hit = 0;

  function passOn(incoming: IncomingMessage, outgoing: ServerResponse, answersLost: boolean): void {
    const upstream = request(
      {
        agent,
        host: '127.0.0.1',
        port: targetPort,
        method: incoming.method,
        path: incoming.url,
        // As they came: host and body are part of what the caller signed.
        headers: incoming.headers,
      },
      (answer) => {
        if (answersLost) {
          answer.resume();
          answer.once('end', () => incoming.socket.resetAndDestroy());
          return;
        }
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.on('error', () => outgoing.destroy());
        answer.pipe(outgoing);
      },
    );
    upstream.on('error', () => incoming.socket.destroy());
    // A caller that is gone ends its long poll.
    outgoing.once('close', () => {
      if (!outgoing.writableEnded && !answersLost) upstream.destroy();
    });
    incoming.pipe(upstream);
  }

  function throttle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    incoming.resume();
    incoming.once('end', () => {
      const body = JSON.stringify({ __type: throttling.type, message: 'Rate exceeded' });
      outgoing.writeHead(throttling.status, { 'content-type': 'application/x-amz-json-1.0' });
      outgoing.end(body);
    });
  }

  const server = createServer((incoming, outgoing) => {
    incoming.on('error', () => undefined);
    outgoing.on('error', () => undefined);
    if (fault !== undefined) hit += 1;
    switch (fault?.kind) {
      case undefined:
        passOn(incoming, outgoing, false);
        return;
      case 'silent':
        incoming.resume();
        hanging.add(incoming.socket);
        return;
      case 'answersLost':
        passOn(incoming, outgoing, true);
        return;
      case 'refusing':
        incoming.socket.resetAndDestroy();
        return;
      case 'throttling':
        throttle(incoming, outgoing);
        return;
      case 'slow':
        setTimeout(() => passOn(incoming, outgoing, false), fault.delayMs);
    }
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      sockets.delete(socket);
      hanging.delete(socket);
    });
    if (fault?.kind === 'refusing') socket.resetAndDestroy();
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;

  return {
    port: addressPort(server),
    get hit() {
      return hit;
    },
    set(next) {
      fault = next;
      if (next?.kind === 'refusing') for (const socket of sockets) socket.resetAndDestroy();
      if (next?.kind !== 'silent') for (const socket of hanging) socket.resetAndDestroy();
    },
    async close() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      for (const socket of sockets) socket.destroy();
      await closed.promise;
      agent.destroy();
    },
  };
}
