import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Vitest's global setup: a folder for what the suites of one run share, which the processes that run them inherit as a
 * variable; and what a suite cannot ask Vitest itself, the seed of the run. Returns what Vitest calls at the end.
 */
export default async function prepareRun(project) {
  project.provide('runSeed', project.config.sequence.seed);
  if (process.env.STEPCAST_TEST_RUN !== undefined) return undefined;
  // Suites start hundreds of processes of the same sources: compiling them is half of what such a start takes.
  process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'stepcast-compile-cache');
  // Pages and packages are bundled by rolldown, whose allocator otherwise has the kernel clear a gigabyte at its start.
  process.env.MIMALLOC_ARENA_EAGER_COMMIT ??= '0';
  const folder = await mkdtemp(join(tmpdir(), 'stepcast-run-'));
  process.env.STEPCAST_TEST_RUN = folder;
  return () => rm(folder, { recursive: true, force: true });
}
