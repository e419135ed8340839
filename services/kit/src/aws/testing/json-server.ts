import { createServer, type IncomingMessage } from 'node:http';

export interface JsonRequest {
  /** Without the service's prefix. */
  readonly operation: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface JsonAnswer {
  readonly status: number;
  readonly body: string;
  /** Default Node's `date`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `reset` breaks the connection, `trickle` sends one byte every 20 ms and never ends. */
  readonly how?: 'reset' | 'trickle';
}

export interface JsonServer {
  readonly endpoint: string;
  readonly seen: JsonRequest[];
  close(): Promise<void>;
}

/** A server on loopback that answers AWS's JSON protocol by a function. */
export async function startJsonServer(
  answer: (request: JsonRequest) => JsonAnswer | Promise<JsonAnswer>,
): Promise<JsonServer> {
  const seen: JsonRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const target = String(request.headers['x-amz-target']);
      const one: JsonRequest = {
        operation: target.slice(target.indexOf('.') + 1),
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      seen.push(one);
      void Promise.resolve(answer(one)).then(({ status, body, headers = {}, how }) => {
        if (how === 'reset') {
          request.socket.resetAndDestroy();
          return;
        }
        response.writeHead(status, headers);
        if (how === undefined) {
          response.end(body);
          return;
        }
        const trickle = setInterval(() => response.write(' '), 20);
        response.once('close', () => {
          clearInterval(trickle);
        });
      });
    });
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  const address = server.address();
  return {
    endpoint: `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`,
    seen,
    async close() {
      server.closeAllConnections();
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      await closed.promise;
    },
  };
}
