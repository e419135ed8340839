import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { REGION, type Keys } from './place.ts';

/**
 * A relay of ours, labelled as such wherever it is used. The emulator knows its MQTT broker by the host name of its endpoint, which
 * no resolver knows: this server on loopback passes each WebSocket on under that name. The signature of a request covers the host
 * name, so the relay checks it with the caller's secret and signs again; whose keys it does not know goes through as it is, and the
 * emulator judges it.
 */
export interface BrokerRelay {
  /** `127.0.0.1:port` */
  readonly address: string;
  /** Tells the relay a secret, so that it can sign again for the emulator's host name. */
  know(keys: Keys): void;
  close(): Promise<void>;
}

export interface BrokerRelayOptions {
  readonly emulator: string;
  /** Host name of the data endpoint, as the emulator calls it. */
  readonly host: string;
}

export async function startBrokerRelay({ emulator, host }: BrokerRelayOptions): Promise<BrokerRelay> {
  const target = new URL(emulator);
  const secrets = new Map<string, string>();
  const sockets = new Set<Duplex>();
  const server = createServer((_request, response) => response.writeHead(404).end());
  server.on('upgrade', (request, socket, head) => {
    const path = signedAgain(request, host, secrets);
    if (path === undefined) {
      socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const onward = connect(Number(target.port), target.hostname, () => {
      onward.write(handshake(request, path, host));
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the relay has no port');
  return {
    address: `127.0.0.1:${bound.port}`,
    know: ({ accessKeyId, secretAccessKey }) => secrets.set(accessKeyId, secretAccessKey),
    close() {
      for (const socket of sockets) socket.destroy();
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      return closed.promise;
    },
  };
}

/** The request of the WebSocket, under the emulator's host name. */
function handshake(request: IncomingMessage, path: string, host: string): string {
  const lines = [`GET ${path} HTTP/1.1`, `host: ${host}`];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at] ?? '';
    if (name.toLowerCase() !== 'host') lines.push(`${name}: ${request.rawHeaders[at + 1] ?? ''}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** The path with a signature for the emulator's host name; undefined where the caller's own signature is wrong. */
function signedAgain(
  { url = '/', headers }: IncomingMessage,
  host: string,
  secrets: ReadonlyMap<string, string>,
): string | undefined {
  const { pathname, searchParams } = new URL(url, 'http://relay');
  const accessKeyId = (searchParams.get('X-Amz-Credential') ?? '').split('/')[0] ?? '';
  const secret = secrets.get(accessKeyId);
  const given = searchParams.get('X-Amz-Signature');
  if (secret === undefined || given === null) return url;
  const own = headers.host ?? '';
  const signature = (name: string) => signatureOf(pathname, searchParams, { ...headers, host: name }, secret);
  if (![own, own.split(':')[0] ?? ''].some((name) => signature(name) === given)) return undefined;
  return url.replace(given, signature(host));
}

function signatureOf(
  pathname: string,
  query: URLSearchParams,
  headers: IncomingHttpHeaders,
  secret: string,
): string {
  const encode = (text: string) =>
    encodeURIComponent(text).replace(
      /[!'()*]/g,
      (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  const canonicalQuery = [...query]
    .filter(([name]) => name !== 'X-Amz-Signature' && name !== 'X-Amz-Security-Token')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join('&');
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const amzDate = query.get('X-Amz-Date') ?? '';
  const scope = [amzDate.slice(0, 8), REGION, 'iotdevicegateway', 'aws4_request'];
  const signed = query.get('X-Amz-SignedHeaders') ?? '';
  const lines = signed.split(';').map((name) => `${name}:${String(headers[name] ?? '').trim()}\n`);
  const canonical = ['GET', pathname, canonicalQuery, lines.join(''), signed, sha256('')].join('\n');
  const text = ['AWS4-HMAC-SHA256', amzDate, scope.join('/'), sha256(canonical)].join('\n');
  const key = scope.reduce<string | Buffer>((before, part) => hmac(before, part), `AWS4${secret}`);
  return hmac(key, text).toString('hex');
}
