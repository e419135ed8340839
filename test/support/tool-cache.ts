import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ChildProcessError } from '@stepcast/kit/testing/child-process';
import { cacheFolder } from './config.ts';
import { freePort } from './free-port.ts';

/**
 * Thrown where a tool cannot be had: what it needs is missing, or there is no way to where it comes from. Say so with
 * `reportNotRun`; anything else that goes wrong is a failure.
 */
export class ToolUnavailable extends Error {
  constructor(why: string, options?: ErrorOptions) {
    super(why, options);
    this.name = 'ToolUnavailable';
  }
}

/** A server that tests started. */
export interface RunningServer {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** A tool that tests install into a folder of its own in the user's cache, so that only the first run on a machine needs the network. */
export interface CachedTool {
  /** Of the folder, with the version in it. */
  readonly name: string;
  /** Whether the folder holds a complete, usable installation. */
  readonly works: (folder: string) => Promise<boolean>;
  /** Installs into an empty folder, which is renamed afterwards. */
  readonly install: (folder: string) => Promise<void>;
}

/**
 * The folder of the tool, which is installed first where it is not yet.
 * @throws whatever `install` throws; then nothing is left behind
 */
export async function installTool({ name, works, install }: CachedTool): Promise<string> {
  const cache = join(cacheFolder() ?? join(homedir(), '.cache'), 'stepcast');
  const folder = join(cache, name);
  if (await works(folder)) return folder;
  await mkdir(cache, { recursive: true });
  // Installed beside and renamed, so that another test worker never sees half of it.
  const fresh = await mkdtemp(join(cache, `${name}-`));
  try {
    await install(fresh);
  } catch (thrown) {
    await rm(fresh, { recursive: true, force: true });
    throw thrown;
  }
  try {
    await rename(fresh, folder);
  } catch (cause) {
    if (await works(folder)) {
      // Another worker was faster.
      await rm(fresh, { recursive: true, force: true });
      return folder;
    }
    // A broken installation, for example of an interpreter that was removed.
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder).catch(() => {
      throw new Error(`${folder} could not be replaced`, { cause });
    });
  }
  return folder;
}

/** The last line of what a failed command wrote to standard error. */
export function lastErrorLine(cause: unknown): string {
  const text = cause instanceof ChildProcessError && cause.stderr !== '' ? cause.stderr : String(cause);
  return text.trim().split('\n').at(-1) ?? '';
}

/**
 * Starts a server on a free port. Between finding the port and the server binding it another process can take it; then the
 * server exits, and another port is tried.
 * @param start gives the started server, or what it wrote before it exited
 */
export async function startOnFreePort<Server extends object>(
  name: string,
  start: (port: number) => Promise<Server | string>,
): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    const started = await start(await freePort());
    if (typeof started !== 'string') return started;
    if (attempt === 3 || !/address already in use/i.test(started))
      throw new Error(`${name} did not start: ${started.slice(-2000)}`);
  }
}
