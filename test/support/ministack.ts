import { join } from 'node:path';
import { runCommand, startChildProcess } from '@stepcast/kit/testing/child-process';
import {
  installTool,
  lastErrorLine,
  startOnFreePort,
  ToolUnavailable,
  type RunningServer,
} from './tool-cache.ts';

/** The release that the tests were written against; its behaviour is pinned by tests, so a newer one is a decision. */
export const MINISTACK_VERSION = '1.5.33';
/** Without it MiniStack signs no tokens. */
const CRYPTOGRAPHY_VERSION = '50.0.2';
const PACKAGES = { ministack: MINISTACK_VERSION, cryptography: CRYPTOGRAPHY_VERSION } as const;

export interface MiniStackOptions {
  /** Evaluates the policies of callers and verifies signatures. Default false. */
  readonly auth?: boolean;
  /** Default `us-east-1`. */
  readonly region?: string;
  /** Of callers whose keys name no other. Default twelve zeros. */
  readonly accountId?: string;
  /** In front of the rest of the PATH: what functions run on. */
  readonly path?: string;
}

/**
 * Starts MiniStack on a free port of 127.0.0.1, installing it first where it is not yet: into a venv in the user's cache
 * directory (`XDG_CACHE_HOME`, else `~/.cache`), so that only the first run on a machine needs PyPI.
 * @throws ToolUnavailable
 */
export async function startMiniStack(options: MiniStackOptions = {}): Promise<RunningServer> {
  const python = await miniStackPython();
  return startOnFreePort('MiniStack', (port) => start(python, port, options));
}

/**
 * Installs MiniStack where it is not yet, and starts nothing.
 * @throws ToolUnavailable
 */
export async function installMiniStack(): Promise<void> {
  await miniStackPython();
}

/**
 * The interpreter of a venv that has MiniStack, which is installed first where it is not yet.
 * @throws ToolUnavailable
 */
export async function miniStackPython(): Promise<string> {
  const venv = await installTool({
    name: `ministack-${MINISTACK_VERSION}-cryptography-${CRYPTOGRAPHY_VERSION}`,
    works: (folder) => works(pythonOf(folder)),
    install,
  });
  return pythonOf(venv);
}

function pythonOf(venv: string): string {
  return join(venv, 'bin', 'python');
}

async function install(folder: string): Promise<void> {
  try {
    await runCommand('python3', ['--version'], { timeoutMs: 30_000 });
  } catch (cause) {
    throw new ToolUnavailable('there is no python3', { cause });
  }
  try {
    await runCommand('python3', ['-m', 'venv', folder], { timeoutMs: 120_000 });
    await runCommand(
      pythonOf(folder),
      [
        ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
        ...Object.entries(PACKAGES).map(([name, version]) => `${name}==${version}`),
      ],
      { timeoutMs: 180_000 },
    );
  } catch (cause) {
    throw new ToolUnavailable(
      `ministack ${MINISTACK_VERSION} could not be installed from PyPI (python3 with venv and pip is needed): ${lastErrorLine(cause)}`,
      { cause },
    );
  }
}

async function works(python: string): Promise<boolean> {
  try {
    const tests = Object.entries(PACKAGES).map(
      ([name, version]) => `assert m.version("${name}") == "${version}"`,
    );
    const check = `import importlib.metadata as m; ${tests.join('; ')}`;
    await runCommand(python, ['-c', check], { timeoutMs: 30_000 });
    return true;
  } catch {
    return false;
  }
}

/** A started server, or what it wrote before it ended. */
async function start(
  python: string,
  port: number,
  options: MiniStackOptions,
): Promise<RunningServer | string> {
  const region = options.region ?? 'us-east-1';
  const child = startChildProcess(python, ['-m', 'ministack'], {
    graceMs: 10_000,
    env: {
      PATH: [options.path, process.env['PATH']].filter((part) => part !== undefined).join(':'),
      HOME: process.env['HOME'],
      PYTHONUNBUFFERED: '1',
      AUTH: String(options.auth ?? false),
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      MINISTACK_HOST: 'localhost',
      MINISTACK_REGION: region,
      ...(options.accountId === undefined ? {} : { MINISTACK_ACCOUNT_ID: options.accountId }),
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
