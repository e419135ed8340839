import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChildProcess } from '@stepcast/kit/testing/child-process';
import { freePort } from '../support/free-port.ts';
import { findBinary, pinned } from './cores.ts';

/** Something in a process of its own, beside the one that is measured. */
export interface SideProcess {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** A Mosquitto of this machine, on `core`; undefined where there is none. */
export async function startMosquitto(
  core: number,
  options: { readonly port?: number } = {},
): Promise<SideProcess | undefined> {
  const binary = findBinary('mosquitto');
  if (binary === undefined) return undefined;
  const directory = await mkdtemp(join(tmpdir(), 'stepcast-bench-'));
  const port = options.port ?? (await freePort());
  const configPath = join(directory, 'mosquitto.conf');
  await writeFile(
    configPath,
    `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 1000\nmax_queued_messages 0\n`,
  );
  const child = startChildProcess(...pinned(core, binary, ['-c', configPath]));
  await child.waitForOutput(/ running/);
  return {
    name: `Mosquitto ${/version (\S+)/.exec(child.output())?.[1] ?? ''}`.trim(),
    url: `mqtt://127.0.0.1:${port}`,
    pid: child.pid,
    async stop() {
      await child.end();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
