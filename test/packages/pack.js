import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/**
 * Vitest's global setup: packs everything once, unless `STEPCAST_TEST_TARBALLS` names a folder that has the tarballs.
 * Returns what removes them.
 */
export default async function pack() {
  if (process.env.STEPCAST_TEST_TARBALLS !== undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'stepcast-tarballs-'));
  const { status } = spawnSync('npm', ['run', '--silent', 'pack:all', '--', folder], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 900_000,
  });
  if (status !== 0) throw new Error(`npm run pack:all ended with ${status}`);
  process.env.STEPCAST_TEST_TARBALLS = folder;
  return () => rm(folder, { recursive: true, force: true });
}
