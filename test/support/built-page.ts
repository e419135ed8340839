import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');

/**
 * Builds the page as `npm run build:demo` does, but into a folder of its own, so that tests that run side by side do not
 * take it away from one another.
 */
export async function buildPage(): Promise<{ readonly directory: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'stepcast-page-'));
  const vite = join(
    dirname(createRequire(join(root, 'package.json')).resolve('vite/package.json')),
    'bin/vite.js',
  );
  await run(process.execPath, [
    vite,
    'build',
    join(root, 'clients/demo'),
    '--outDir',
    directory,
    '--emptyOutDir',
    '--logLevel',
    'error',
  ]);
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) };
}
