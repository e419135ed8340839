import { connect, createServer, type Socket } from 'node:net';
import { addressPort } from './address-port.ts';

/** What a load balancer is to the copies of one service: a fixed address in front of changing copies. */
export interface FrontDoor {
  readonly port: number;
  add(copyPort: number): void;
  remove(copyPort: number): void;
  close(): Promise<void>;
}

/** Connections go to the copies in turn; with no copy there they are reset. */
export async function openFrontDoor(): Promise<FrontDoor> {
  const copies: number[] = [];
  const sockets = new Set<Socket>();
  let turn = 0;
  const server = createServer((client) => {
    client.on('error', () => undefined);
    turn += 1;
    const port = copies[turn % Math.max(1, copies.length)];
    if (port === undefined) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  return {
    port: addressPort(server),
    add(port) {
      if (!copies.includes(port)) copies.push(port);
    },
    remove(port) {
      const at = copies.indexOf(port);
      if (at >= 0) copies.splice(at, 1);
    },
    async close() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      for (const socket of sockets) socket.destroy();
      await closed.promise;
    },
  };
}
