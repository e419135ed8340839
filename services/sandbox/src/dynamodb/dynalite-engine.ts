import { EventEmitter, once } from 'node:events';
import dynalite from 'dynalite';

/** What dynalite answered. */
export interface EngineReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/**
 * The answer side that dynalite writes to: as much of `http.ServerResponse` as it uses.
 */
class CapturedResponse {
  statusCode = 200;
  /** dynalite keeps its own note here. */
  contentType = '';
  readonly #headers = new Map<string, string>();
  readonly #done: (reply: EngineReply) => void;

  constructor(done: (reply: EngineReply) => void) {
    this.#done = done;
  }

  setHeader(name: string, value: string | number): void {
    this.#headers.set(name.toLowerCase(), String(value));
  }

  end(body = ''): void {
    this.#done({
      status: this.statusCode,
      contentType: this.#headers.get('content-type') ?? 'application/x-amz-json-1.0',
      body,
    });
  }
}

/** The request side: headers and a body that is already whole. */
class WholeRequest extends EventEmitter {
  readonly method = 'POST';
  readonly url = '/';
  readonly headers: Readonly<Record<string, string>>;

  constructor(operation: string) {
    super();
    this.headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      // The front has verified the real signature; dynalite only wants to see one.
      authorization: 'AWS4-HMAC-SHA256 Credential=front/aws4_request, SignedHeaders=host, Signature=verified',
      'x-amz-date': '20000101T000000Z',
    };
  }
}

/**
 * dynalite 4.0.0 without its HTTP server. On a socket, a client that goes away in the middle of a body ends the process:
 * dynalite rethrows the request's error. Here the body is whole before dynalite sees it, so there is no such error;
 * and as it never listens, nobody can go around the front.
 */
export class DynaliteEngine {
  readonly #server: ReturnType<typeof dynalite>;
  #closing: Promise<void> | undefined;

  /** @param path directory of the LevelDB store, which outlives the process; in memory when undefined */
  constructor(path: string | undefined) {
    this.#server = dynalite({
      ...(path === undefined ? {} : { path }),
      createTableMs: 0,
      deleteTableMs: 0,
      updateTableMs: 0,
    });
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  invoke(operation: string, body: Buffer | string): Promise<EngineReply> {
    if (this.closed) return Promise.reject(new Error('the DynamoDB engine is closed'));
    const { promise, resolve } = Promise.withResolvers<EngineReply>();
    const request = new WholeRequest(operation);
    const [listener] = this.#server.listeners('request');
    // What dynalite throws while it reads the request becomes a rejection, not an uncaught exception.
    return new Promise((accept, reject) => {
      promise.then(accept, reject);
      try {
        listener?.call(this.#server, request, new CapturedResponse(resolve));
        request.emit('data', Buffer.from(body));
        request.emit('end');
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  /** Closes the store. dynalite does that only together with a listening server, so it listens for that moment, to nobody. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#server.removeAllListeners('request');
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    await new Promise<void>((resolve, reject) => {
      this.#server.close((error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }
}
