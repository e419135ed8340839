/**
 * Builds the package in the working directory from nothing, before it is packed: a file of a source that is gone is not packed again.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';

rmSync('dist', { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
// npm has standard output for itself.
const { status } = spawnSync(process.execPath, [tsc, '-b', '.'], { stdio: ['ignore', 2, 2] });
process.exitCode = status ?? 1;
