import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChildProcess, type RunningChild } from '@stepcast/kit/testing/child-process';

const CANDIDATES = [
  '/usr/sbin/mosquitto',
  '/usr/local/sbin/mosquitto',
  '/usr/bin/mosquitto',
  '/usr/local/bin/mosquitto',
];

/** Where a mosquitto binary is, if one is installed. Debian puts it into a folder that is not in an ordinary PATH. */
export function findMosquitto(): string | undefined {
  return CANDIDATES.find((path) => existsSync(path));
}

export interface Mosquitto {
  readonly port: number;
  readonly wsPort: number;
  /** Kills it, as a crash does: it keeps nothing, and with open WebSockets a polite end can take for ever. */
  close(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  const address = server.address();
  const closed = Promise.withResolvers<void>();
  server.close(() => {
    closed.resolve();
  });
  await closed.promise;
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** Resolves when something accepts connections; each refusal is followed by another try in the next turn of the loop. */
async function accepting(port: number, child: RunningChild): Promise<void> {
  for (;;) {
    const exit = child.exit();
    if (exit !== undefined) throw new Error(`mosquitto ended with ${exit.code ?? exit.signal}`);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
    const accepted = await promise;
    socket.destroy();
    if (accepted) return;
  }
}

/** Starts a mosquitto on loopback, anonymous, with TCP and WebSocket. @throws when no binary is found */
export async function startMosquitto(options: { readonly port?: number } = {}): Promise<Mosquitto> {
  const binary = findMosquitto();
  if (binary === undefined) throw new Error('no mosquitto binary found');
  const directory = await mkdtemp(join(tmpdir(), 'stepcast-mosquitto-'));
  const port = options.port ?? (await freePort());
  const wsPort = await freePort();
  const file = join(directory, 'mosquitto.conf');
  await writeFile(
    file,
    [
      'allow_anonymous true',
      'persistence false',
      'log_type none',
      `listener ${port} 127.0.0.1`,
      `listener ${wsPort} 127.0.0.1`,
      'protocol websockets',
      '',
    ].join('\n'),
  );
  const child = startChildProcess(binary, ['-c', file], { output: 'ignore' });
  await accepting(port, child);
  await accepting(wsPort, child);
  return {
    port,
    wsPort,
    async close() {
      await child.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
