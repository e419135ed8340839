import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as z from 'zod';
import { answer } from './child.ts';
import { BenchTable, type TableRequest } from './table.ts';

/**
 * {@link BenchTable} behind HTTP, which answers `delayMs` after each request. Run as a process of its own, so that what the
 * client spends is all that is measured.
 */
const table = new BenchTable(200_000);
let calls = 0;
let byKind: Record<string, number> = {};

/** Of the shape that our own clients send: nothing else calls. */
const Request = z.custom<TableRequest>((value) => typeof value === 'object' && value !== null);

async function handle(request: IncomingMessage, response: ServerResponse, delayMs: number): Promise<void> {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(request, 'end');
  calls += 1;
  const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
  const text = Buffer.concat(chunks).toString('utf8');
  const kind = `${operation} ${/"(stream|upload|identity|execution|watch|proof|machine|waiting)#/.exec(text)?.[1] ?? ''}`;
  byKind[kind] = (byKind[kind] ?? 0) + 1;
  const answered = table.respond(operation, Request.parse(JSON.parse(text)));
  const failed = typeof answered === 'string';
  const send = () => {
    response.writeHead(failed ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(
      JSON.stringify(failed ? { __type: `com.amazonaws.dynamodb.v20120810#${answered}` } : answered),
    );
  };
  if (delayMs === 0) send();
  else setTimeout(send, delayMs);
}

/** A store with a delay of its own for each request; and the two endpoints of the naive model. */
async function listen(delayMs: number): Promise<number> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    if (request.url?.startsWith('/naive') === true) {
      request.resume();
      request.once('end', () => {
        setTimeout(() => response.end('{}'), Number(request.headers['x-delay-ms']));
      });
      return;
    }
    void handle(request, response, delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const ports = { atOnce: await listen(0), after4Ms: await listen(4) };
answer(() => {
  const answered = { ...ports, calls, byKind };
  calls = 0;
  byKind = {};
  return Promise.resolve(answered);
});
