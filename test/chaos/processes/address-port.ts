import type { Server } from 'node:net';

/** The TCP port that a server listens on. @throws TypeError when it does not listen on one */
export function addressPort(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port');
  return address.port;
}
