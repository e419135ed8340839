import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ChildProcessError, runCommand, startChildProcess } from '@stepcast/kit/testing/child-process';

/** The release that the tests were written against; its behaviour is pinned by tests, so a newer one is a decision. */
export const MINISTACK_VERSION = '1.5.33';

/** Thrown where MiniStack cannot be had: no Python 3, no venv, or no way to PyPI. Say so with `reportNotRun`; anything else that goes wrong is a failure. */
export class MiniStackUnavailable extends Error {
  constructor(why: string, options?: ErrorOptions) {
    super(why, options);
    this.name = 'MiniStackUnavailable';
  }
}

export interface MiniStack {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  stop(): Promise<void>;
}

export interface MiniStackOptions {
  /** Evaluates the policies of callers and verifies signatures. Default false. */
  readonly auth?: boolean;
  /** Default `us-east-1`. */
  readonly region?: string;
}

/**
 * Starts MiniStack on a free port of 127.0.0.1, installing it first where it is not yet: into a venv in the user's cache
 * directory (`XDG_CACHE_HOME`, else `~/.cache`), so that only the first run on a machine needs PyPI.
 * @throws MiniStackUnavailable
 */
export async function startMiniStack(options: MiniStackOptions = {}): Promise<MiniStack> {
  const python = await installed();
  // Between finding a free port and MiniStack taking it somebody else can; then it exits, and another port is tried.
  for (let attempt = 1; ; attempt += 1) {
    const started = await start(python, await freePort(), options);
    if (typeof started !== 'string') return started;
    if (attempt === 3 || !/address already in use/i.test(started))
      throw new Error(`MiniStack did not start: ${started.slice(-2000)}`);
  }
}

/**
 * Installs MiniStack where it is not yet, and starts nothing.
 * @throws MiniStackUnavailable
 */
export async function installMiniStack(): Promise<void> {
  await installed();
}

/** The interpreter of a venv that has MiniStack. */
async function installed(): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'stepcast');
  const venv = join(cache, `ministack-${MINISTACK_VERSION}`);
  const python = join(venv, 'bin', 'python');
  if (await works(python)) return python;
  try {
    await runCommand('python3', ['--version'], { timeoutMs: 30_000 });
  } catch (cause) {
    throw new MiniStackUnavailable('there is no python3', { cause });
  }
  await mkdir(cache, { recursive: true });
  // Made beside and renamed, so that a test worker next door never sees half of it.
  const fresh = await mkdtemp(join(cache, 'ministack-'));
  try {
    await runCommand('python3', ['-m', 'venv', fresh], { timeoutMs: 120_000 });
    await runCommand(
      join(fresh, 'bin', 'python'),
      ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `ministack==${MINISTACK_VERSION}`],
      { timeoutMs: 180_000 },
    );
  } catch (cause) {
    await rm(fresh, { recursive: true, force: true });
    throw new MiniStackUnavailable(
      `ministack ${MINISTACK_VERSION} could not be installed from PyPI (python3 with venv and pip is needed): ${lastLine(cause)}`,
      { cause },
    );
  }
  try {
    await rename(fresh, venv);
  } catch (cause) {
    if (await works(python)) {
      // The worker next door was faster.
      await rm(fresh, { recursive: true, force: true });
      return python;
    }
    // What stands there belongs to a Python that is gone.
    await rm(venv, { recursive: true, force: true });
    await rename(fresh, venv).catch(() => {
      throw new Error(`the venv in ${cache} could not be replaced`, { cause });
    });
  }
  return python;
}

async function works(python: string): Promise<boolean> {
  try {
    const check = `import importlib.metadata as m; assert m.version("ministack") == "${MINISTACK_VERSION}"`;
    await runCommand(python, ['-c', check], { timeoutMs: 30_000 });
    return true;
  } catch {
    return false;
  }
}

function lastLine(cause: unknown): string {
  const text = cause instanceof ChildProcessError && cause.stderr !== '' ? cause.stderr : String(cause);
  return text.trim().split('\n').at(-1) ?? '';
}

/** A started server, or what it wrote before it ended. */
async function start(python: string, port: number, options: MiniStackOptions): Promise<MiniStack | string> {
  const region = options.region ?? 'us-east-1';
  const child = startChildProcess(python, ['-m', 'ministack'], {
    graceMs: 10_000,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      PYTHONUNBUFFERED: '1',
      AUTH: String(options.auth ?? false),
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      MINISTACK_HOST: 'localhost',
      MINISTACK_REGION: region,
      // Its own listener binds every interface, whatever BIND_HOST says.
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
  });
  try {
    await child.waitForOutput(new RegExp(`Running on http://127\\.0\\.0\\.1:${port}`));
  } catch (thrown) {
    const exit = child.exit();
    await child.end();
    if (exit === undefined || exit.failure !== undefined) throw thrown;
    return child.output();
  }
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async stop() {
      await child.end();
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(address.port);
      });
    });
  });
}
