import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { SERVICE_HTTP_LIMITS, type HttpLimits } from './http-limits.ts';
import { createHttpServer } from './http-server.ts';

const quick: HttpLimits = {
  headersMs: 300,
  requestMs: 600,
  idleMs: 2_000,
  keepAliveMs: 1_000,
  connections: 400,
  checkMs: 50,
};
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function start(limits: HttpLimits): Promise<{ readonly port: number; readonly url: string }> {
  const server = createHttpServer({ metrics: { text: () => Promise.resolve('') }, limits });
  server.post('/body', () => ({ ok: true }));
  ends.push(() => server.close());
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return { port: Number(new URL(url).port), url };
}

/** Opens a connection, says something and then nothing. Resolves with what came until it was closed. */
function halfRequest(
  port: number,
  text: string,
): { readonly socket: Socket; readonly ended: Promise<string> } {
  const socket = connect(port, '127.0.0.1');
  let heard = '';
  const ended = new Promise<string>((resolve) => {
    socket.on('data', (chunk) => (heard += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve(heard);
    });
  });
  socket.write(text);
  ends.push(() => {
    socket.destroy();
    return ended;
  });
  return { socket, ended };
}

const HEADERS = 'GET /livez HTTP/1.1\r\nhost: a\r\nx-slow: ';
const BODY =
  'POST /body HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{';

describe('requests that never end', () => {
  it.each([
    ['in their headers', HEADERS],
    ['in their body', BODY],
  ])('%s are answered with 408 when their time is over', async (_where, text) => {
    const { port } = await start(quick);
    expect(await halfRequest(port, text).ended).toContain('HTTP/1.1 408');
  });

  it('300 of them hurt nobody: others are answered, and all 300 are closed', async () => {
    const { port, url } = await start(quick);
    const slow = Array.from({ length: 300 }, (_unused, index) =>
      halfRequest(port, index % 2 === 0 ? HEADERS : BODY),
    );
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    await Promise.all(slow.map((one) => one.ended));
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });
});

describe('connections', () => {
  it('that say nothing are closed', async () => {
    const { port } = await start({ ...quick, idleMs: 200 });
    expect(await halfRequest(port, '').ended).not.toContain('200');
  });

  it('beyond the bound are closed, and the next one is served when there is room again', async () => {
    const { port, url } = await start({ ...quick, connections: 5 });
    const held = Array.from({ length: 5 }, () => halfRequest(port, HEADERS));
    await Promise.all(held.map(({ socket }) => new Promise((done) => socket.once('connect', done))));
    expect(await halfRequest(port, HEADERS).ended).toBe('');
    await Promise.all(held.map((one) => one.ended));
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });
});

it('the limits of the services are in the order in which they have to end', () => {
  const { headersMs, requestMs, idleMs, keepAliveMs } = SERVICE_HTTP_LIMITS;
  expect([headersMs, requestMs, idleMs, keepAliveMs]).toEqual(
    [headersMs, requestMs, idleMs, keepAliveMs].toSorted((a, b) => a - b),
  );
});
