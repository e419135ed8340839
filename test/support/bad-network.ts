import { createServer, connect, type Socket } from 'node:net';
import { once } from 'node:events';
import * as z from 'zod';

/** A network between a page and one server, which can be slow and can be away. Bytes go through it as they are. */
export interface BadNetwork {
  /** Stands for the server: `http://127.0.0.1:PORT`. */
  readonly origin: string;
  /** Bytes that came from pages so far. */
  readonly sentBytes: () => number;
  /** How long no page has sent anything, in milliseconds. */
  readonly quietForMs: () => number;
  /** Bytes a second that pages can send on each connection; undefined: as many as there are. */
  slowDown(bytesPerSecond: number | undefined): void;
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
  let rate: number | undefined;
  let sentBytes = 0;
  let sentAtMs = performance.now();
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
    page.on('data', (bytes) => {
      sentBytes += bytes.length;
      sentAtMs = performance.now();
      if (!server.write(bytes)) {
        page.pause();
        server.once('drain', () => page.resume());
      } else if (rate !== undefined) {
        page.pause();
        setTimeout(() => page.resume(), (bytes.length / rate) * 1000);
      }
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
    slowDown: (bytesPerSecond) => {
      rate = bytesPerSecond;
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
