/**
 * Packs everything that is published. `npm run pack:all` leaves the tarballs in `dist/packages`; another folder may be named behind
 * `--`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PACKAGES, ROOT } from './packages.mjs';

const folder = resolve(process.argv[2] ?? join(ROOT, 'dist', 'packages'));
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) if (name.endsWith('.tgz')) rmSync(join(folder, name));
const workspaces = PACKAGES.flatMap(({ name }) => ['--workspace', name]);
const { status } = spawnSync('npm', ['pack', ...workspaces, '--pack-destination', folder], {
  cwd: ROOT,
  stdio: ['ignore', 2, 2],
});
if (status !== 0) process.exit(status ?? 1);
for (const name of readdirSync(folder).sort()) console.log(join(folder, name));
