import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that misbehaves on demand. */
export interface FaultProxy {
  readonly port: number;
  /** Connections that were accepted so far. */
  readonly accepted: number;
  /** Resolves at the next connection. */
  nextConnection(): Promise<void>;
  /** Resets every open connection (RST, both sides). */
  resetAll(): void;
  /** While stalled nothing passes in either direction; connections stay open and new ones are accepted. */
  stall(stalled: boolean): void;
  /** While refusing, new connections are reset at once. */
  refuse(refusing: boolean): void;
  /** Resets each new connection after it has carried this many bytes to the target. `Infinity` ends that. */
  resetAfterBytes(bytes: number): void;
  close(): Promise<void>;
}

export async function startFaultProxy(target: { readonly port: number }): Promise<FaultProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let accepted = 0;
  const waiting: (() => void)[] = [];
  let stalled = false;
  let refusing = false;
  let budget = Infinity;

  const server = createServer((client) => {
    client.on('error', () => undefined);
    if (refusing) {
      client.resetAndDestroy();
      return;
    }
    accepted += 1;
    for (const resolve of waiting.splice(0)) resolve();
    const upstream = connect(target.port, '127.0.0.1');
    upstream.on('error', () => undefined);
    const pair = [client, upstream] as const;
    pairs.add(pair);
    let left = budget;
    client.on('data', (chunk) => {
      left -= chunk.length;
      if (left < 0) {
        client.resetAndDestroy();
        upstream.destroy();
        return;
      }
      if (!upstream.write(chunk)) client.pause();
    });
    upstream.on('data', (chunk) => {
      if (!client.write(chunk)) upstream.pause();
    });
    upstream.on('drain', () => {
      if (!stalled) client.resume();
    });
    client.on('drain', () => {
      if (!stalled) upstream.resume();
    });
    client.on('close', () => {
      pairs.delete(pair);
      upstream.destroy();
    });
    upstream.on('close', () => {
      client.destroy();
    });
    if (stalled) pair.forEach((socket) => socket.pause());
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');

  return {
    port: address.port,
    get accepted() {
      return accepted;
    },
    nextConnection() {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      return promise;
    },
    resetAll() {
      for (const [client, upstream] of pairs) {
        client.resetAndDestroy();
        upstream.resetAndDestroy();
      }
    },
    stall(now) {
      stalled = now;
      for (const socket of [...pairs].flat())
        if (now) socket.pause();
        else socket.resume();
    },
    refuse(now) {
      refusing = now;
    },
    resetAfterBytes(bytes) {
      budget = bytes;
    },
    async close() {
      for (const socket of [...pairs].flat()) socket.destroy();
      const closed = Promise.withResolvers<void>();
      server.close(() => {
        closed.resolve();
      });
      await closed.promise;
    },
  };
}
