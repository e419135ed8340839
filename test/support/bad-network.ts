import { createServer, connect, type Socket } from 'node:net';
import { once } from 'node:events';
import * as z from 'zod';

/**
 * A network between a page and one server, which can hold bytes back and can be away. Bytes go through it as they are. It is not
 * merely slow: then a busy machine may find the transfer over before it has checked.
 */
export interface BadNetwork {
  /** Stands for the server: `http://127.0.0.1:PORT`. */
  readonly origin: string;
  /** Bytes that came from pages so far. */
  readonly sentBytes: () => number;
  /** How long no page has sent anything, in milliseconds. */
  readonly quietForMs: () => number;
  /** Once pages have sent so many bytes, the network holds back what comes after them; undefined: it holds nothing back any more. */
  holdAfter(bytes: number | undefined): void;
  /** Every connection breaks, and none comes about until it is mended. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

const Address = z.object({ port: z.number() });

export async function badNetwork(to: {
  readonly hostname: string;
  readonly port: number;
}): Promise<BadNetwork> {
  const pairs = new Set<{ readonly page: Socket; readonly server: Socket }>();
  let isCut = false;
  let holdAt: number | undefined;
  let sentBytes = 0;
  let sentAtMs = performance.now();
  const isHolding = () => holdAt !== undefined && sentBytes >= holdAt;
  const proxy = createServer((page) => {
    if (isCut) {
      page.resetAndDestroy();
      return;
    }
    const server = connect(to.port, to.hostname);
    const pair = { page, server };
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      page.destroy();
      server.destroy();
    };
    for (const socket of [page, server]) socket.on('error', end).on('close', end);
    server.pipe(page);
    server.on('drain', () => {
      if (!isHolding()) page.resume();
    });
    page.on('data', (bytes) => {
      sentBytes += bytes.length;
      sentAtMs = performance.now();
      if (!server.write(bytes) || isHolding()) page.pause();
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const cut = () => {
    isCut = true;
    for (const { page, server } of pairs) {
      page.resetAndDestroy();
      server.destroy();
    }
  };
  return {
    origin: `http://127.0.0.1:${Address.parse(proxy.address()).port}`,
    sentBytes: () => sentBytes,
    quietForMs: () => performance.now() - sentAtMs,
    holdAfter: (bytes) => {
      holdAt = bytes;
      if (!isHolding()) for (const { page, server } of pairs) if (!server.writableNeedDrain) page.resume();
    },
    cut,
    mend: () => {
      isCut = false;
    },
    close: async () => {
      cut();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
