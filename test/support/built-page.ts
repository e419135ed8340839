import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runCommand } from '@stepcast/kit/testing/child-process';
import { productionEnvironment } from './config.ts';

const root = join(import.meta.dirname, '..', '..');

/**
 * Builds a page as `npm run build:pages` does, but into a folder of its own, so that tests that run side by side do not
 * take it away from one another.
 * @param which the page of people, or that of operators
 */
export async function buildPage(
  which: 'demo' | 'ops' = 'demo',
): Promise<{ readonly directory: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'stepcast-page-'));
  const vite = join(
    dirname(createRequire(join(root, 'package.json')).resolve('vite/package.json')),
    'bin/vite.js',
  );
  const source = join(root, 'clients', which);
  await runCommand(
    process.execPath,
    [vite, 'build', source, '--outDir', directory, '--emptyOutDir', '--logLevel', 'error'],
    { timeoutMs: 300_000, env: productionEnvironment() },
  );
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) };
}
