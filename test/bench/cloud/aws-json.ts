import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A refusal as AWS's JSON protocol says it. */
export class Refusal extends Error {
  readonly code: string;
  constructor(code: string, message = code) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
  }
}

/** Answers the operations of one service, known by what stands before the operation in `x-amz-target`. */
export type Service = (operation: string, request: unknown) => Promise<object> | object;

export interface StubEndpoint {
  readonly url: string;
  close(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

async function answerOf(
  services: Readonly<Record<string, Service>>,
  request: IncomingMessage,
): Promise<readonly [number, object]> {
  const [prefix = '', operation = ''] = String(request.headers['x-amz-target']).split('.');
  const body = await bodyOf(request);
  const service = services[prefix];
  try {
    if (service === undefined) throw new Refusal('UnknownOperationException', `no service ${prefix}`);
    return [200, await service(operation, JSON.parse(body))];
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    return [400, { __type: thrown.code, message: thrown.message }];
  }
}

/**
 * Listens on a free port of loopback for AWS's JSON protocol. Signatures are not checked.
 * @param delayMs how long each answer waits
 */
export async function listenForAws(
  services: Readonly<Record<string, Service>>,
  delayMs = 0,
): Promise<StubEndpoint> {
  function send(response: ServerResponse, status: number, answer: object): void {
    const text = JSON.stringify(answer);
    response.writeHead(status, {
      'content-type': 'application/x-amz-json-1.0',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  }
  const server = createServer({ keepAliveTimeout: 60_000, noDelay: true }, (request, response) => {
    answerOf(services, request).then(
      ([status, answer]) => {
        if (delayMs === 0) send(response, status, answer);
        else setTimeout(send, delayMs, response, status, answer);
      },
      (thrown: unknown) => {
        send(response, 500, { __type: 'InternalFailure', message: String(thrown) });
      },
    );
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}
