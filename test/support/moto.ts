import { join } from 'node:path';
import { runCommand, startChildProcess } from '@stepcast/kit/testing/child-process';
import {
  installTool,
  lastErrorLine,
  startOnFreePort,
  ToolUnavailable,
  type RunningServer,
} from './tool-cache.ts';

/** The release that the list of differences was written against. */
export const MOTO_VERSION = '5.2.5';
/** What evaluates JSONata there; see the starter. */
export const JSONATA_VERSION = '0.7.1';
const PACKAGES = { moto: MOTO_VERSION, 'jsonata-python': JSONATA_VERSION } as const;
const STARTER = join(import.meta.dirname, 'moto-with-jsonata.py');

const pythonOf = (venv: string): string => join(venv, 'bin', 'python');

/**
 * Starts moto's server, with its interpreter of the States Language switched on and JSONata to evaluate, on a free port of 127.0.0.1.
 * It is installed first where it is not yet, as MiniStack is.
 * @throws ToolUnavailable
 */
export async function startMoto(): Promise<RunningServer> {
  const python = await installMoto();
  const server = await startOnFreePort('moto', (port) => start(python, port));
  await fetch(`${server.endpoint}/moto-api/config`, {
    method: 'POST',
    body: JSON.stringify({ stepfunctions: { execute_state_machine: true } }),
    signal: AbortSignal.timeout(10_000),
  });
  return server;
}

/**
 * The interpreter of a venv that has moto, which is installed first where it is not yet.
 * @throws ToolUnavailable
 */
export async function installMoto(): Promise<string> {
  const venv = await installTool({
    name: `moto-${MOTO_VERSION}-jsonata-${JSONATA_VERSION}`,
    works: (folder) => works(pythonOf(folder)),
    install,
  });
  return pythonOf(venv);
}

async function install(folder: string): Promise<void> {
  try {
    await runCommand('python3', ['-m', 'venv', folder], { timeoutMs: 120_000 });
    await runCommand(
      pythonOf(folder),
      [
        ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
        `moto[server,stepfunctions]==${MOTO_VERSION}`,
        `jsonata-python==${JSONATA_VERSION}`,
      ],
      { timeoutMs: 300_000 },
    );
  } catch (cause) {
    throw new ToolUnavailable(
      `moto ${MOTO_VERSION} could not be installed from PyPI (python3 with venv and pip is needed): ${lastErrorLine(cause)}`,
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
async function start(python: string, port: number): Promise<RunningServer | string> {
  const child = startChildProcess(python, [STARTER, '-H', '127.0.0.1', '-p', String(port)], {
    graceMs: 10_000,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      PYTHONUNBUFFERED: '1',
      MOTO_PORT: String(port),
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
