import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runCommand } from '@stepcast/kit/testing/child-process';
import { productionEnvironment, sharedRunFolder } from './config.ts';

const root = join(import.meta.dirname, '..', '..');

export interface BuiltPage {
  /** To be read only: other suites of the run read it too. */
  readonly directory: string;
  remove(): Promise<void>;
}

/**
 * Builds a page as `npm run build:pages` does, but beside the checkout, so that tests that run side by side do not take it away
 * from one another. The suites of one run of Vitest share what the first of them has built.
 * @param which the page of people, or that of operators
 */
export async function buildPage(which: 'demo' | 'ops' = 'demo'): Promise<BuiltPage> {
  const run = sharedRunFolder();
  if (run === undefined) {
    const directory = await mkdtemp(join(tmpdir(), 'stepcast-page-'));
    await build(which, directory);
    return { directory, remove: () => rm(directory, { recursive: true, force: true }) };
  }
  const directory = join(run, `page-${which}`);
  if (!existsSync(directory)) {
    // Built beside and renamed, so that no suite sees half of it. Two that begin together both build.
    const fresh = await mkdtemp(`${directory}-`);
    await build(which, fresh);
    await rename(fresh, directory).catch((cause: unknown) => {
      if (!existsSync(directory)) throw new Error(`${directory} was not made`, { cause });
    });
  }
  return { directory, remove: () => Promise.resolve() };
}

async function build(which: 'demo' | 'ops', directory: string): Promise<void> {
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
}
