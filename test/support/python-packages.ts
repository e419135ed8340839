import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '@stepcast/kit/testing/child-process';
import { installTool, lastErrorLine } from './tool-cache.ts';

/** Thrown where the packages cannot be had: no Python 3, no venv, or no way to PyPI. Say so with `reportNotRun`. */
export class PythonPackagesUnavailable extends Error {
  constructor(why: string, options?: ErrorOptions) {
    super(why, options);
    this.name = 'PythonPackagesUnavailable';
  }
}

/**
 * A Python 3 that has the packages of a requirements file, in a venv in the user's cache folder; only the first run on a machine
 * needs PyPI.
 * @param requirements path of the file, in which every version is pinned
 * @returns path of the interpreter
 * @throws PythonPackagesUnavailable
 */
export async function pythonWith(requirements: string): Promise<string> {
  const digest = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  const folder = await installTool({
    name: `python-${digest.slice(0, 16)}`,
    works: (folder) => works(pythonOf(folder)),
    install: (folder) => install(folder, requirements),
  });
  return pythonOf(folder);
}

function pythonOf(venv: string): string {
  return join(venv, 'bin', 'python');
}

async function works(python: string): Promise<boolean> {
  try {
    // The folder is renamed when everything is installed.
    await runCommand(python, ['--version'], { timeoutMs: 30_000 });
    return true;
  } catch {
    return false;
  }
}

async function install(folder: string, requirements: string): Promise<void> {
  try {
    await runCommand('python3', ['--version'], { timeoutMs: 30_000 });
  } catch (cause) {
    throw new PythonPackagesUnavailable('there is no python3', { cause });
  }
  try {
    await runCommand('python3', ['-m', 'venv', folder], { timeoutMs: 120_000 });
    const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
    await runCommand(pythonOf(folder), args, { timeoutMs: 180_000 });
  } catch (cause) {
    throw new PythonPackagesUnavailable(
      `the packages could not be installed from PyPI (python3 with venv and pip is needed): ${lastErrorLine(cause)}`,
      { cause },
    );
  }
}
